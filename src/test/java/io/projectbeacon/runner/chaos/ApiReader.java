package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Answer;
import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Duplicate;
import io.projectbeacon.runner.chaos.History.Job;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads all jobs, their cells and the ledger of duplicates, as any client can. */
final class ApiReader {

    private final RunnerInstance runner;

    ApiReader(RunnerInstance runner) {
        this.runner = runner;
    }

    /** Each job's status, by id; cheap enough to be polled. */
    Map<String, String> statuses() {
        Map<String, String> statuses = new LinkedHashMap<>();
        for (JsonNode job : pages("/api/v1/jobs", "jobs")) {
            statuses.put(job.path("id").asString(), job.path("status").asString());
        }
        return statuses;
    }

    Map<String, Job> jobs() {
        Map<String, Job> jobs = new LinkedHashMap<>();
        statuses().keySet().forEach(id -> jobs.put(id, job(id)));
        return jobs;
    }

    List<Duplicate> ledger() {
        return duplicates("/api/v1/duplicates");
    }

    private Job job(String id) {
        String path = "/api/v1/jobs/" + id;
        JsonNode job = get(path);
        Map<String, Integer> cells = new LinkedHashMap<>();
        job.path("cells")
                .properties()
                .forEach(count -> cells.put(count.getKey(), count.getValue().asInt()));
        Map<String, Long> byLayer = new LinkedHashMap<>();
        job.at("/duplicates/by_layer")
                .properties()
                .forEach(count -> byLayer.put(count.getKey(), count.getValue().asLong()));
        List<Cell> executions = pages(path + "/executions", "executions").stream()
                .map(ApiReader::cell)
                .toList();
        return new Job(
                id,
                job.path("status").asString(),
                instant(job.path("finished_at")),
                cells,
                byLayer,
                job.at("/duplicates/detected").asLong(),
                job.at("/duplicates/allowed").asLong(),
                executions,
                duplicates(path + "/duplicates"));
    }

    private static Cell cell(JsonNode cell) {
        List<Answer> answers = new ArrayList<>();
        for (JsonNode answer : cell.path("answers").values()) {
            answers.add(new Answer(
                    answer.path("question").asString(), answer.path("response").asString()));
        }
        List<Attempt> attempts = new ArrayList<>();
        for (JsonNode attempt : cell.path("attempts").values()) {
            attempts.add(new Attempt(
                    attempt.path("attempt").asInt(),
                    attempt.path("times").asInt(1),
                    Long.parseLong(attempt.path("runner").asString().split("/")[1]),
                    attempt.path("fence").asLong(),
                    Instant.parse(attempt.path("started_at").asString()),
                    instant(attempt.path("ended_at")),
                    attempt.path("outcome").asString(),
                    attempt.path("code").asString("")));
        }
        return new Cell(
                name(cell), cell.path("status").asString(), instant(cell.path("completed_at")), answers, attempts);
    }

    private List<Duplicate> duplicates(String path) {
        return pages(path, "duplicates").stream()
                .map(entry -> new Duplicate(
                        name(entry),
                        entry.path("layer").asString(),
                        entry.path("outcome").asString(),
                        entry.path("occurrences").asLong()))
                .toList();
    }

    private static CellName name(JsonNode node) {
        return new CellName(
                node.path("jobspec_id").asString(),
                node.path("region").asString(),
                node.path("model_id").asString());
    }

    private List<JsonNode> pages(String path, String items) {
        List<JsonNode> all = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = get(path + "?limit=1000" + cursor);
            all.addAll(page.path(items).values());
            JsonNode next = page.path("next_cursor");
            cursor = next.isString() ? "&cursor=" + next.asString() : "";
        } while (!cursor.isEmpty());
        return all;
    }

    private JsonNode get(String path) {
        Http.Reply reply = Http.get(runner.url(path));
        if (reply.status() != 200) {
            throw new IllegalStateException(path + " answered " + reply.status() + " " + reply.body());
        }
        return reply.json();
    }

    private static @Nullable Instant instant(JsonNode node) {
        return node.isString() ? Instant.parse(node.asString()) : null;
    }
}
