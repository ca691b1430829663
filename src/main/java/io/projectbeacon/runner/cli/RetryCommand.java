package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "retry",
        description =
                "Run the failed, cancelled and never-claimed cells of a job again. No completed cell is called twice.")
final class RetryCommand extends ApiCommand {

    @Parameters(paramLabel = "ID")
    String id = "";

    @Option(
            names = "--include-unknown",
            description = "Run held cells of unknown outcome, too: they may be paid for twice.")
    boolean includeUnknown;

    @Option(names = "--new-keys", description = "Give up the idempotency keys of the cells that run.")
    boolean newKeys;

    RetryCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(Api api) {
        String wanted = "{\"include_unknown\": %s, \"new_keys\": %s}".formatted(includeUnknown, newKeys);
        Reply reply = api.postOnce(Api.job(id) + "/retry", wanted.getBytes(UTF_8));
        if (!isPrintedAsJson(reply)) {
            screen().line(JobText.summary(reply.json()));
        }
        return ExitCode.DONE;
    }
}
