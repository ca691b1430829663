package io.projectbeacon.runner.jobspec;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The known fields of one object of the document. A field that is {@code null} is absent; a field of the wrong type is
 * a fault and then reads as absent.
 */
record Fields(Pointer at, ObjectNode object, Findings findings) {

    Pointer at(String name) {
        return at.field(name);
    }

    boolean has(String name) {
        return object.hasNonNull(name);
    }

    @Nullable
    JsonNode value(String name) {
        return has(name) ? object.get(name) : null;
    }

    @Nullable
    String string(String name) {
        JsonNode value = value(name);
        if (value != null && !value.isString()) {
            wrongType(name, "a string", value);
            return null;
        }
        return value == null ? null : value.stringValue();
    }

    @Nullable
    Fields object(String name) {
        return switch (value(name)) {
            case null -> null;
            case ObjectNode inner -> new Fields(at(name), inner, findings);
            case JsonNode other -> {
                wrongType(name, "an object", other);
                yield null;
            }
        };
    }

    /** The object of this name, without a fault when it is something else. */
    @Nullable
    Fields inner(String name) {
        return object.get(name) instanceof ObjectNode inner ? new Fields(at(name), inner, findings) : null;
    }

    @Nullable
    Items array(String name) {
        return switch (value(name)) {
            case null -> null;
            case ArrayNode items -> new Items(at(name), items);
            case JsonNode other -> {
                wrongType(name, "an array", other);
                yield null;
            }
        };
    }

    void fault(String name, String detail) {
        findings.fault(at(name), detail);
    }

    private void wrongType(String name, String expected, JsonNode actual) {
        fault(name, "must be " + expected + ", not " + Quoted.value(actual));
    }

    /** An array of the document. */
    record Items(Pointer at, ArrayNode values) {}
}
