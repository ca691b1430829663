package io.projectbeacon.runner.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

@Command(name = "jobs", description = "List jobs, newest first.")
final class JobsCommand extends ApiCommand {

    @Option(names = "--status", description = "Only queued, running, completed, partial, failed or cancelled ones.")
    String status = "";

    @Option(names = "--limit", description = "How many; 20 by default.")
    int limit = 20;

    @Option(names = "--cursor", description = "Where the page before has ended.")
    String cursor = "";

    JobsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(Api api) {
        Reply reply = api.get(Api.JOBS + "?limit=" + limit
                + (status.isEmpty() ? "" : "&status=" + Api.encoded(status))
                + (cursor.isEmpty() ? "" : "&cursor=" + Api.encoded(cursor)));
        if (isPrintedAsJson(reply)) {
            return ExitCode.DONE;
        }
        JsonNode page = reply.json();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("ID", "STATUS", "CELLS", "DUPLICATES", "CREATED"));
        for (JsonNode job : page.path("jobs").values()) {
            rows.add(List.of(
                    job.path("id").asString(""),
                    job.path("status").asString(""),
                    job.at("/cells/completed").asLong(0) + "/"
                            + job.at("/cells/total").asLong(0),
                    String.valueOf(job.at("/duplicates/detected").asLong(0)),
                    job.path("created_at").asString("")));
        }
        screen().table(rows);
        String next = page.path("next_cursor").asString("");
        if (!next.isEmpty()) {
            screen().note("More: beacon jobs" + (status.isEmpty() ? "" : " --status=" + status) + " --limit=" + limit
                    + " --cursor=" + next);
        }
        return ExitCode.DONE;
    }
}
