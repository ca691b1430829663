package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.domain.CellWork;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads the cells of a job out of its normal form, as {@link NormalForm} writes it. */
public final class WorkPlan {

    private static final ObjectReader JSON =
            JsonMapper.shared().reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private WorkPlan() {}

    /** The cells in the order of the job's models, region by region within each. */
    public static List<CellWork> of(String content) {
        JsonNode job = JSON.readTree(content);
        List<String> questions = job.has("questions")
                ? strings(job.get("questions"))
                : List.of(job.get("prompt").asString());
        Integer maxTokens = maxTokens(job);
        Set<AnswerFlag> failOn = failOn(job);
        List<CellWork> cells = new ArrayList<>();
        for (JsonNode model : job.get("models").values()) {
            List<String> regions = strings(model.has("regions") ? model.get("regions") : job.get("regions"));
            for (String region : regions) {
                cells.add(new CellWork(
                        region, model.get("id").asString(), (ObjectNode) model, questions, maxTokens, failOn));
            }
        }
        return cells;
    }

    private static @Nullable Integer maxTokens(JsonNode job) {
        JsonNode tokens = job.at("/benchmark/input/data/max_tokens");
        return tokens.isNumber() ? tokens.asInt() : null;
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
