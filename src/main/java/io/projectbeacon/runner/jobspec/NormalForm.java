package io.projectbeacon.runner.jobspec;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the one document that stands for all spellings of the same work: the received one without its {@code id}, each
 * known field in one form and place, a {@code null} or emptied known field left out, everything else as received. The
 * normal form of a normal form is the same document.
 */
final class NormalForm {

    private static final Set<String> KNOWN = Set.of(
            "id",
            "version",
            "benchmark",
            "models",
            "regions",
            "questions",
            "prompt",
            "priority",
            "constraints",
            "metadata");

    private static final Set<String> ASKING = Set.of("messages", "system", "parameters");
    private static final String FAIL_ON = "fail_on";

    private final ObjectNode content;

    private NormalForm(ObjectNode received) {
        content = received.deepCopy();
    }

    static ObjectNode of(
            ObjectNode received,
            ModelTable models,
            CellTable cells,
            Prompts.Prompt prompt,
            @Nullable List<String> questions,
            int priority,
            Constraints constraints) {
        NormalForm form = new NormalForm(received);
        dropNulls(form.content, KNOWN);
        form.content.remove("id");
        form.putMetadata();
        form.putModels(models, cells);
        strings(form.content.putArray("regions"), cells.regions());
        form.putBenchmark(prompt.maxTokens());
        form.content.put("prompt", prompt.text());
        if (questions != null) {
            strings(form.content.putArray("questions"), questions);
        }
        form.content.put("priority", priority);
        form.putConstraints(constraints);
        return form.content;
    }

    /**
     * The same with how its calls are made, each part in one form and place.
     *
     * @return the document itself when it says nothing about that
     */
    static ObjectNode withAsking(ObjectNode content, Asking asking) {
        boolean silent = ASKING.stream().noneMatch(content::has)
                && !content.path("constraints").has(FAIL_ON);
        if (silent) {
            return content;
        }
        ObjectNode whole = content.deepCopy();
        whole.remove(ASKING);
        if (asking.messages() != null) {
            whole.remove("prompt");
            whole.set("messages", asking.messages());
        }
        if (asking.parameters() != null) {
            whole.set("parameters", asking.parameters());
        }
        ObjectNode constraints = whole.withObject("/constraints");
        constraints.remove(FAIL_ON);
        if (!asking.failOn().isEmpty()) {
            strings(constraints.putArray(FAIL_ON), asking.failOn());
        }
        return whole;
    }

    private void putMetadata() {
        if (content.get("metadata") instanceof ObjectNode metadata) {
            if (!content.has("models") || metadata.path("models").isNull()) {
                metadata.remove("models");
            }
            dropIfEmpty(content, "metadata");
        }
    }

    private void putModels(ModelTable models, CellTable cells) {
        ArrayNode array = content.putArray("models");
        for (NamedModel model : models.models()) {
            ObjectNode entry = array.addObject();
            entry.put("id", model.id());
            entry.setAll(model.fields().deepCopy());
            List<String> regions = cells.regionsOf(model);
            if (regions.size() < cells.regions().size()) {
                strings(entry.putArray("regions"), regions);
            }
        }
    }

    private void putBenchmark(@Nullable Integer maxTokens) {
        if (content.get("benchmark") instanceof ObjectNode benchmark) {
            dropNulls(benchmark, Set.of("name", "input"));
            if (benchmark.get("input") instanceof ObjectNode input) {
                dropNulls(input, Set.of("type", "data"));
                if (input.get("data") instanceof ObjectNode data) {
                    data.remove("prompt");
                    dropNulls(data, Set.of("max_tokens"));
                    if (maxTokens != null) {
                        data.put("max_tokens", maxTokens);
                    }
                    dropIfEmpty(input, "data");
                }
                dropIfEmpty(benchmark, "input");
            }
            dropIfEmpty(content, "benchmark");
        }
    }

    private void putConstraints(Constraints constraints) {
        ObjectNode object = content.get("constraints") instanceof ObjectNode given ? given : content.objectNode();
        object.remove("regions");
        dropNulls(object, Set.of("timeout", "min_success_rate"));
        object.put("on_unknown", constraints.onUnknown().wireName());
        if (constraints.timeout() != null) {
            object.put("timeout", Timeouts.write(constraints.timeout()));
        }
        content.set("constraints", object);
    }

    private static void dropNulls(ObjectNode object, Set<String> names) {
        names.forEach(name -> {
            JsonNode value = object.get(name);
            if (value != null && value.isNull()) {
                object.remove(name);
            }
        });
    }

    private static void dropIfEmpty(ObjectNode object, String name) {
        if (object.path(name).isEmpty()) {
            object.remove(name);
        }
    }

    private static void strings(ArrayNode array, List<String> strings) {
        strings.forEach(array::add);
    }
}
