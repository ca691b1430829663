package io.projectbeacon.runner.domain;

import tools.jackson.databind.JsonNode;

/** About how many characters a tree has as JSON, without writing it. */
final class JsonSize {

    /** Of a number, a literal, or what stands around a value. */
    private static final int AROUND = 8;

    private JsonSize() {}

    static long of(JsonNode node) {
        if (node.isObject()) {
            return AROUND
                    + node.propertyStream()
                            .mapToLong(field -> field.getKey().length() + of(field.getValue()))
                            .sum();
        }
        if (node.isArray()) {
            return AROUND + node.valueStream().mapToLong(JsonSize::of).sum();
        }
        return AROUND + (node.isString() ? node.stringValue().length() : 0);
    }
}
