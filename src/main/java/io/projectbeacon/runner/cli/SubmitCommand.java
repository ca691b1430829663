package io.projectbeacon.runner.cli;

import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "submit",
        description = "Submit a JobSpec. With --watch, follow the job to its end; Ctrl-C leaves the job running.")
final class SubmitCommand extends ApiCommand {

    @Parameters(paramLabel = "job.json", description = "File with a JobSpec; - is standard input.")
    String file = "";

    @Option(names = "--watch", description = "Follow the job until it has ended; the exit code says how.")
    boolean watch;

    SubmitCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(Api api) {
        // Made once: when an answer is lost and the JobSpec, without an id, is sent again, it is still one job.
        String key = UUID.randomUUID().toString();
        Reply reply = api.post(Api.JOBS, read(file), "Idempotency-Key", key);
        JsonNode job = reply.json();
        String id = job.path("id").asString("");
        if (watch) {
            if (!json) {
                announce(reply, job);
            }
            return new Watch(api, screen()).untilEnded(id, json);
        }
        if (!isPrintedAsJson(reply)) {
            announce(reply, job);
        }
        return ExitCode.DONE;
    }

    private void announce(Reply reply, JsonNode job) {
        screen().line("id        " + job.path("id").asString(""));
        screen().line("location  " + reply.uri().resolve(reply.header("Location")));
        if (reply.header("Idempotent-Replayed").equals("true")) {
            screen().note("The job was there before; nothing new runs.");
        }
        JobText.notes(job).forEach(screen()::note);
    }
}
