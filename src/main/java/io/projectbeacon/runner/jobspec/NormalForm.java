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
 *
 * <p>It shares with the received document what it does not change, since an unknown field may hold most of the body: only
 * the objects on the way to a change are copied.
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
        content = copy(received);
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
        ObjectNode whole = copy(content);
        whole.remove(ASKING);
        if (asking.messages() != null) {
            whole.remove("prompt");
            whole.set("messages", asking.messages());
        }
        if (asking.parameters() != null) {
            whole.set("parameters", asking.parameters());
        }
        ObjectNode constraints = copied(whole, "constraints");
        if (constraints == null) {
            constraints = whole.putObject("constraints");
        }
        constraints.remove(FAIL_ON);
        if (!asking.failOn().isEmpty()) {
            strings(constraints.putArray(FAIL_ON), asking.failOn());
        }
        return whole;
    }

    private void putMetadata() {
        ObjectNode metadata = copied(content, "metadata");
        if (metadata != null) {
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
            entry.setAll(model.fields());
            List<String> regions = cells.regionsOf(model);
            if (regions.size() < cells.regions().size()) {
                strings(entry.putArray("regions"), regions);
            }
        }
    }

    private void putBenchmark(@Nullable Integer maxTokens) {
        ObjectNode benchmark = copied(content, "benchmark");
        if (benchmark != null) {
            dropNulls(benchmark, Set.of("name", "input"));
            ObjectNode input = copied(benchmark, "input");
            if (input != null) {
                dropNulls(input, Set.of("type", "data"));
                ObjectNode data = copied(input, "data");
                if (data != null) {
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
        ObjectNode object = copied(content, "constraints");
        if (object == null) {
            object = content.putObject("constraints");
        }
        object.remove("regions");
        dropNulls(object, Set.of("timeout", "min_success_rate"));
        object.put("on_unknown", constraints.onUnknown().wireName());
        if (constraints.timeout() != null) {
            object.put("timeout", Timeouts.write(constraints.timeout()));
        }
    }

    private static ObjectNode copy(ObjectNode object) {
        return object.objectNode().setAll(object);
    }

    /** The object of this name, put there as a copy; null when it is something else. */
    private static @Nullable ObjectNode copied(ObjectNode holder, String name) {
        if (!(holder.get(name) instanceof ObjectNode given)) {
            return null;
        }
        ObjectNode copy = copy(given);
        holder.set(name, copy);
        return copy;
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
