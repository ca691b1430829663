package io.projectbeacon.runner.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Puts a refusal into sentences: what is wrong, then each fault with its place. */
final class Problem {

    private Problem() {}

    static CommandException of(Reply reply) {
        return new CommandException(ExitCode.ofStatus(reply.status()), lines(reply), reply);
    }

    private static List<String> lines(Reply reply) {
        JsonNode problem;
        try {
            problem = reply.json();
        } catch (CommandException notOurs) {
            return notOurs.lines();
        }
        List<String> lines = new ArrayList<>();
        String detail = problem.path("detail").asString("");
        lines.add("beacon: " + (detail.isEmpty() ? problem.path("title").asString("refused") : detail) + " ("
                + reply.status() + ")");
        for (JsonNode fault : problem.path("errors").values()) {
            String place =
                    fault.path("pointer").asString(fault.path("parameter").asString(""));
            lines.add("  " + (place.isEmpty() ? "" : place + ": ")
                    + fault.path("detail").asString(""));
        }
        if (problem.path("stored").asString("").equals("unknown")) {
            lines.add("  The job may have been stored" + named(problem) + ".");
        }
        String retryAfter = reply.header("Retry-After");
        if (!retryAfter.isEmpty()) {
            lines.add("  Try again in " + retryAfter + " s.");
        }
        return lines;
    }

    private static String named(JsonNode problem) {
        String id = problem.path("id").asString("");
        return id.isEmpty() ? "" : ": look with beacon job " + id;
    }
}
