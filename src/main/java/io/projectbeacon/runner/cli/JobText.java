package io.projectbeacon.runner.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Says in words what a job and its cells are. */
final class JobText {

    private static final List<String> STATUSES =
            List.of("completed", "running", "failed", "cancelled", "unknown", "pending", "flagged");

    private JobText() {}

    static List<String> of(JsonNode job) {
        List<List<String>> rows = new ArrayList<>();
        row(rows, "job", text(job, "id"));
        row(rows, "caller", text(job, "caller"));
        row(rows, "status", text(job, "status"));
        row(rows, "cells", job.at("/cells/total").asLong(0) + ": " + counts(job));
        row(rows, "duplicates", duplicates(job));
        row(rows, "created", text(job, "created_at"));
        row(rows, "started", text(job, "started_at"));
        row(rows, "finished", text(job, "finished_at"));
        row(rows, "parked", parked(job));
        row(rows, "waits for", waits(job));
        row(rows, "erased", text(job, "content_erased_at"));
        return Stream.concat(Screen.columns(rows).stream(), notes(job).stream()).toList();
    }

    /** The whole job in one line. */
    static String summary(JsonNode job) {
        return "job " + text(job, "id") + " " + text(job, "status") + ": " + counts(job);
    }

    /** What the client should know beside the result. */
    static List<String> notes(JsonNode job) {
        return job.path("warnings").values().stream()
                .map(warning -> "warning: " + (warning.isString() ? warning.asString() : warning.toString()))
                .toList();
    }

    static List<List<String>> table(List<JsonNode> cells) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("REGION", "MODEL", "STATUS", "ATTEMPT", "TOOK", "ERROR"));
        for (JsonNode cell : cells) {
            rows.add(List.of(
                    text(cell, "region"),
                    text(cell, "model_id"),
                    status(cell),
                    String.valueOf(cell.path("attempt").asLong(0)),
                    took(cell),
                    error(cell)));
        }
        return rows;
    }

    /** A cell in one line. */
    static String cell(JsonNode cell) {
        return Stream.of(text(cell, "region"), text(cell, "model_id"), status(cell), took(cell), error(cell))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("  "));
    }

    /** What a cell was asked and answered. Lines stay lines; whatever else does not show is taken out where it is printed. */
    static List<String> answers(JsonNode cell) {
        List<String> lines = new ArrayList<>();
        for (JsonNode answer : cell.path("answers").values()) {
            lines.add("");
            lines.add(text(cell, "region") + "  " + text(cell, "model_id") + "  "
                    + text(answer, "question").replaceAll("\\s+", " "));
            text(answer, "response").lines().forEach(line -> lines.add("  " + line));
        }
        return lines;
    }

    static String counts(JsonNode job) {
        return STATUSES.stream()
                .filter(status -> job.path("cells").path(status).asLong(0) > 0)
                .map(status -> job.path("cells").path(status).asLong() + " " + status)
                .collect(Collectors.joining(", "));
    }

    static String text(JsonNode node, String field) {
        return node.path(field).asString("");
    }

    private static String duplicates(JsonNode job) {
        JsonNode duplicates = job.path("duplicates");
        String layers = duplicates.path("by_layer").properties().stream()
                .map(layer -> layer.getKey() + " " + layer.getValue().asLong(0))
                .collect(Collectors.joining(", "));
        return duplicates.path("detected").asLong(0) + " detected, "
                + duplicates.path("allowed").asLong(0) + " allowed" + (layers.isEmpty() ? "" : " (" + layers + ")");
    }

    private static String parked(JsonNode job) {
        String until = text(job, "parked_until");
        return until.isEmpty()
                ? ""
                : "until " + until + ", for "
                        + job.path("parked_regions").values().stream()
                                .map(region -> region.asString(""))
                                .collect(Collectors.joining(", "));
    }

    private static String waits(JsonNode job) {
        return job.path("waits_for").values().stream()
                .map(wait -> Stream.of(
                                text(wait, "region"),
                                text(wait, "reason"),
                                wait.path("cells").isNumber()
                                        ? "(" + wait.path("cells").asLong() + ")"
                                        : "")
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.joining(", "));
    }

    private static String status(JsonNode cell) {
        String flags = cell.path("flagged").values().stream()
                .map(flag -> flag.asString(""))
                .collect(Collectors.joining(", "));
        return text(cell, "status") + (flags.isEmpty() ? "" : " (" + flags + ")");
    }

    private static String took(JsonNode cell) {
        return cell.path("duration_ms").isNumber() ? cell.path("duration_ms").asLong() + " ms" : "";
    }

    private static String error(JsonNode cell) {
        JsonNode error = cell.path("error");
        return error.isObject() ? text(error, "code") + ": " + text(error, "message") : "";
    }

    private static void row(List<List<String>> rows, String name, String value) {
        if (!value.isEmpty()) {
            rows.add(List.of(name, value));
        }
    }
}
