package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Compares documents in their normal form ({@link NormalizedSpec#content()}). Numbers are compared by value; the order
 * of an object's fields does not matter, the order of an array's items does.
 */
public final class SpecContent {

    /** More of them would not help, and fill an answer. */
    private static final int MOST_DIFFERENCES = 100;

    private SpecContent() {}

    /**
     * The fields that differ, as dotted paths such as {@code constraints.timeout} or {@code models}: an object's fields
     * are named one by one, the first hundred of them, an array as a whole. Empty means the same job.
     */
    public static List<String> differences(ObjectNode stored, ObjectNode sent) {
        List<String> differing = new ArrayList<>();
        collect(stored, sent, "", differing);
        return differing;
    }

    /**
     * Reads a stored tree back, with every number as it was: an ordinary mapper would make 1e400 infinite, which has no
     * decimal value to compare.
     *
     * @throws IllegalArgumentException when the text is not an object that this room has written
     */
    public static ObjectNode parse(String stored) {
        try {
            if (StrictJson.parse(stored.getBytes(UTF_8)) instanceof ObjectNode content) {
                return content;
            }
        } catch (NotJsonException e) {
            throw new IllegalArgumentException("a stored JobSpec cannot be read: " + e.detail(), e);
        }
        throw new IllegalArgumentException("a stored JobSpec cannot be read: it is not an object");
    }

    static boolean same(JsonNode one, JsonNode other) {
        if (one instanceof ObjectNode object && other instanceof ObjectNode otherObject) {
            return sameFields(object, otherObject);
        }
        if (one instanceof ArrayNode array && other instanceof ArrayNode otherArray) {
            return sameItems(array, otherArray);
        }
        if (one.isNumber() && other.isNumber()) {
            return one.decimalValue().compareTo(other.decimalValue()) == 0;
        }
        return one.equals(other);
    }

    private static void collect(ObjectNode stored, ObjectNode sent, String prefix, List<String> differing) {
        Set<String> names = new LinkedHashSet<>(stored.propertyNames());
        names.addAll(sent.propertyNames());
        for (String name : names) {
            if (differing.size() == MOST_DIFFERENCES) {
                return;
            }
            @Nullable JsonNode before = stored.get(name);
            @Nullable JsonNode now = sent.get(name);
            if (before instanceof ObjectNode object && now instanceof ObjectNode other) {
                collect(object, other, prefix + name + ".", differing);
            } else if (before == null || now == null || !same(before, now)) {
                differing.add(prefix + name);
            }
        }
    }

    private static boolean sameFields(ObjectNode one, ObjectNode other) {
        return one.size() == other.size()
                && one.propertyStream().allMatch(field -> {
                    JsonNode counterpart = other.get(field.getKey());
                    return counterpart != null && same(field.getValue(), counterpart);
                });
    }

    private static boolean sameItems(ArrayNode one, ArrayNode other) {
        if (one.size() != other.size()) {
            return false;
        }
        Iterator<JsonNode> counterparts = other.iterator();
        for (JsonNode item : one) {
            if (!same(item, counterparts.next())) {
                return false;
            }
        }
        return true;
    }
}
