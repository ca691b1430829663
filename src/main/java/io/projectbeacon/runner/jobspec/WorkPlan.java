package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.ParameterNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads the cells of a job out of its normal form, as {@link NormalForm} writes it. */
public final class WorkPlan {

    private static final ObjectReader JSON =
            JsonMapper.shared().reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private WorkPlan() {}

    /**
     * The cells in the order of the job's models, region by region within each.
     *
     * @param names the parameters that are sent; others are not, whatever a job says that an earlier version stored
     */
    public static List<CellWork> of(String content, ParameterNames names) {
        JsonNode job = JSON.readTree(content);
        Conversation conversation = conversation(job);
        // A list and a set that a cell takes as they are: of others each cell would make a copy of its own.
        List<String> questions = List.copyOf(
                job.has("questions")
                        ? strings(job.get("questions"))
                        : List.of(job.has("prompt") ? job.get("prompt").asString() : conversation.lastOfUser()));
        ObjectNode ofJob = ofJob(job, names);
        Set<AnswerFlag> failOn = Set.copyOf(failOn(job));
        List<CellWork> cells = new ArrayList<>();
        for (JsonNode model : job.get("models").values()) {
            List<String> regions = strings(model.has("regions") ? model.get("regions") : job.get("regions"));
            ObjectNode parameters = over(ofJob, model, names);
            for (String region : regions) {
                cells.add(
                        new CellWork(region, model.get("id").asString(), conversation, questions, parameters, failOn));
            }
        }
        return cells;
    }

    /**
     * The messages, unless a prompt stands beside them: the first versions, which knew no messages, stored both, and
     * what was left of such a job is asked as it was begun.
     */
    private static Conversation conversation(JsonNode job) {
        return job.get("messages") instanceof ArrayNode messages && !job.has("prompt")
                ? new Conversation(messages)
                : Conversation.plain();
    }

    private static ObjectNode ofJob(JsonNode job, ParameterNames names) {
        ObjectNode least = JsonNodeFactory.instance.objectNode();
        JsonNode tokens = job.at("/benchmark/input/data/max_tokens");
        if (tokens.isNumber()) {
            least.set(ParameterNames.MAX_TOKENS, tokens);
        }
        return over(least, job.path("parameters"), names);
    }

    /**
     * The parameters among these fields, over others. A null is absent, as everywhere. Of the two bounds of tokens only
     * one is sent, since newer models refuse both together.
     */
    private static ObjectNode over(ObjectNode others, JsonNode fields, ParameterNames names) {
        List<Map.Entry<String, JsonNode>> own = fields.propertyStream()
                .filter(field ->
                        names.contains(field.getKey()) && !field.getValue().isNull())
                .toList();
        if (own.isEmpty()) {
            return others; // Shared, because most of a thousand models say nothing of their own.
        }
        ObjectNode merged = others.objectNode().setAll(others);
        if (own.stream().anyMatch(field -> Prompts.BOUNDS.contains(field.getKey()))) {
            merged.remove(Prompts.BOUNDS);
        }
        own.forEach(field -> merged.set(field.getKey(), field.getValue()));
        if (merged.has(ParameterNames.MAX_COMPLETION_TOKENS)) {
            merged.remove(ParameterNames.MAX_TOKENS);
        }
        return merged;
    }

    private static Set<AnswerFlag> failOn(JsonNode job) {
        JsonNode names = job.at("/constraints/fail_on");
        return names.isArray()
                ? strings(names).stream()
                        .flatMap(name -> AnswerFlag.ofWireName(name).stream())
                        .collect(Collectors.toSet())
                : Set.of();
    }

    private static List<String> strings(JsonNode array) {
        return array.values().stream().map(JsonNode::asString).toList();
    }
}
