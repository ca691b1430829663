package io.projectbeacon.runner.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "job", description = "Show a job with its cells.")
final class JobCommand extends ApiCommand {

    @Parameters(paramLabel = "ID")
    String id = "";

    @Option(names = "--watch", description = "Follow the job until it has ended.")
    boolean watch;

    @Option(names = "--answers", description = "Show what each cell was answered.")
    boolean answers;

    JobCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(Api api) {
        if (watch) {
            return new Watch(api, screen()).untilEnded(id, json);
        }
        Reply reply = api.get(Api.job(id));
        JsonNode job = reply.json();
        if (!isPrintedAsJson(reply)) {
            JobText.of(job).forEach(screen()::line);
            screen().line("");
            List<JsonNode> cells = Cells.of(api, id);
            screen().table(JobText.table(cells));
            if (answers) {
                cells.forEach(cell -> JobText.answers(cell).forEach(screen()::line));
            }
        }
        return ExitCode.ofJob(job.path("status").asString(""));
    }
}
