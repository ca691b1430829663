package io.projectbeacon.runner.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "plan", description = "Say what a JobSpec would run, without running or storing anything.")
final class PlanCommand extends ApiCommand {

    @Parameters(paramLabel = "job.json", description = "File with a JobSpec; - is standard input.")
    String file = "";

    PlanCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(Api api) {
        Reply reply = planned(api);
        if (!isPrintedAsJson(reply)) {
            PlanText.of(reply.json()).forEach(screen()::line);
        }
        return ExitCode.DONE;
    }

    private Reply planned(Api api) {
        byte[] spec = read(file);
        try {
            return api.post(Api.JOBS + ":plan", spec);
        } catch (CommandException failed) {
            Reply reply = failed.reply();
            if (reply != null && (reply.status() == 404 || reply.status() == 405)) {
                throw new CommandException(
                        ExitCode.REFUSED, List.of("beacon: this version of the service makes no plans."), reply);
            }
            throw failed;
        }
    }
}
