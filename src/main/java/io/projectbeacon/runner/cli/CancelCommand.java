package io.projectbeacon.runner.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "cancel", description = "Cancel a job: running calls are interrupted, waiting cells never start.")
final class CancelCommand extends ApiCommand {

    @Parameters(paramLabel = "ID")
    String id = "";

    CancelCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(Api api) {
        Reply reply = api.post(Api.job(id) + "/cancel", new byte[0]);
        if (!isPrintedAsJson(reply)) {
            screen().line(JobText.summary(reply.json()));
        }
        return ExitCode.DONE;
    }
}
