package io.projectbeacon.runner.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "duplicates", description = "Show the ledger of duplicates, of one job or of all.")
final class DuplicatesCommand extends ApiCommand {

    @Parameters(paramLabel = "ID", arity = "0..1", description = "Only those of this job.")
    String id = "";

    @Option(names = "--cursor", description = "Where the page before has ended.")
    String cursor = "";

    DuplicatesCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(Api api) {
        String path = id.isEmpty() ? "/api/v1/duplicates" : Api.job(id) + "/duplicates";
        Reply reply = api.get(path + (cursor.isEmpty() ? "" : "?cursor=" + Api.encoded(cursor)));
        if (isPrintedAsJson(reply)) {
            return ExitCode.DONE;
        }
        JsonNode page = reply.json();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("JOB", "REGION", "MODEL", "LAYER", "OUTCOME", "TIMES", "LAST SEEN"));
        for (JsonNode entry : page.path("duplicates").values()) {
            rows.add(List.of(
                    entry.path("jobspec_id").asString(""),
                    entry.path("region").asString(""),
                    entry.path("model_id").asString(""),
                    entry.path("layer").asString(""),
                    entry.path("outcome").asString(""),
                    String.valueOf(entry.path("occurrences").asLong(0)),
                    entry.path("last_seen_at").asString("")));
        }
        screen().table(rows);
        String next = page.path("next_cursor").asString("");
        if (!next.isEmpty()) {
            screen().note("More: beacon duplicates" + (id.isEmpty() ? "" : " " + id) + " --cursor=" + next);
        }
        return ExitCode.DONE;
    }
}
