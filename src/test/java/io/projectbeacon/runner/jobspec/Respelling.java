package io.projectbeacon.runner.jobspec;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes a document in another way that means the same job. */
final class Respelling {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final Random random;

    Respelling(long seed) {
        random = new Random(seed);
    }

    ObjectNode of(ObjectNode document) {
        ObjectNode other = document.deepCopy();
        other.put("id", "job-" + random.nextInt(1_000));
        other.set("models", models((ArrayNode) document.path("models")));
        if (other.get("regions") instanceof ArrayNode regions) {
            other.set("regions", regions(regions));
        }
        putDefaults(other);
        moveAround(other);
        return shuffled(random.nextBoolean() ? other : wrapped(other));
    }

    private ArrayNode models(ArrayNode models) {
        ArrayNode others = NODES.arrayNode();
        for (JsonNode entry : models) {
            String id = spelledId(
                    entry.isString() ? entry.stringValue() : entry.path("id").stringValue());
            if (entry.path("regions") instanceof ArrayNode own) {
                others.addObject().put("id", id).set("regions", regions(own));
            } else if (random.nextBoolean()) {
                others.add(id);
            } else {
                others.addObject().put("id", id);
            }
            if (random.nextInt(4) == 0) {
                others.add(others.get(others.size() - 1).deepCopy());
            }
        }
        return others;
    }

    private String spelledId(String id) {
        String form = Normalizer.normalize(id, random.nextBoolean() ? Normalizer.Form.NFC : Normalizer.Form.NFD);
        return " ".repeat(random.nextInt(2)) + form + "\u2003".repeat(random.nextInt(2));
    }

    private ArrayNode regions(ArrayNode regions) {
        ArrayNode others = NODES.arrayNode();
        for (JsonNode region : regions) {
            List<String> spellings = RawSpec.regionSpellings().stream()
                    .filter(spelling -> RawSpec.region(spelling).equals(RawSpec.region(region.stringValue())))
                    .toList();
            for (int time = random.nextInt(2); time >= 0; time--) {
                others.add(spellings.get(random.nextInt(spellings.size())));
            }
        }
        return others;
    }

    private void putDefaults(ObjectNode document) {
        switch (random.nextInt(4)) {
            case 0 -> document.put("prompt", Specs.DEFAULT_PROMPT);
            case 1 ->
                document.putObject("benchmark")
                        .putObject("input")
                        .putObject("data")
                        .put("prompt", Specs.DEFAULT_PROMPT);
            case 2 -> document.putNull("prompt");
            default -> document.putNull("version");
        }
        if (random.nextBoolean()) {
            document.set("priority", number(List.of("0", "0.0", "-0", "0e7")));
        }
        ObjectNode constraints = document.withObject("/constraints");
        constraints.set(
                "timeout",
                Specs.tree("{'t':" + oneOf(List.of("'10m'", "'PT10M'", "600000000000", "6e11")) + "}")
                        .get("t"));
        constraints.set("min_success_rate", number(List.of("0.5", "0.50", "5e-1")));
        if (random.nextBoolean()) {
            constraints.put("on_unknown", "rerun");
        }
    }

    private void moveAround(ObjectNode document) {
        if (random.nextBoolean()) {
            document.putObject("metadata").set("models", document.remove("models"));
        }
        if (document.has("regions") && random.nextBoolean()) {
            document.withObject("/constraints").set("regions", document.remove("regions"));
        }
    }

    private ObjectNode wrapped(ObjectNode document) {
        ObjectNode wrapper = NODES.objectNode();
        wrapper.set("jobspec", document);
        if (document.has("regions")) {
            wrapper.set("target_regions", document.remove("regions"));
        }
        return wrapper;
    }

    private ObjectNode shuffled(ObjectNode object) {
        List<Map.Entry<String, JsonNode>> fields = new ArrayList<>(object.properties());
        Collections.shuffle(fields, random);
        ObjectNode shuffled = NODES.objectNode();
        fields.forEach(field -> shuffled.set(
                field.getKey(), field.getValue() instanceof ObjectNode inner ? shuffled(inner) : field.getValue()));
        return shuffled;
    }

    private @Nullable JsonNode number(List<String> spellings) {
        return Specs.tree("{'n':" + oneOf(spellings) + "}").get("n");
    }

    private String oneOf(List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
