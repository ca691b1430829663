package io.projectbeacon.runner.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.demo.CrashReport.CellRow;
import io.projectbeacon.runner.demo.DemoProvider.Call;
import io.projectbeacon.runner.embedded.TemporaryServers;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.springframework.boot.logging.LoggingSystem;
import tools.jackson.databind.JsonNode;

/**
 * {@code ./beacon demo crash}: two runners, a job of twelve cells, and {@code kill -9} for the runner that makes its calls
 * while four of them are under way.
 */
public final class CrashDemo {

    /** Short, so that the takeover is not long waited for. */
    static final Duration LOCK_TTL = Duration.ofSeconds(2);

    private static final List<String> REGIONS = List.of("us-east", "us-west", "eu-west", "asia-pacific");
    private static final List<String> MODELS = List.of("llama3.2-1b", "qwen2.5-1.5b", "mistral-7b");
    private static final String JOB = "crash-1";

    private final PrintStream out;

    /** What was started, to be stopped in the opposite order. */
    private final Deque<AutoCloseable> started = new ArrayDeque<>();

    private CrashDemo(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        // The servers of this process log what they do, which is not what the user wants to see.
        LoggingSystem.get(CrashDemo.class.getClassLoader()).beforeInitialize();
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
        CrashDemo demo = new CrashDemo(out);
        // Ctrl-C, too, leaves nothing behind.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(demo::stop));
        int code;
        try {
            code = demo.run() ? 0 : 1;
        } catch (IOException | TimeoutException | RuntimeException failed) {
            System.err.println("beacon: the demo cannot go on: " + failed.getMessage());
            code = 3;
        } catch (InterruptedException stopped) {
            code = 3;
        }
        System.exit(code);
    }

    private boolean run() throws IOException, InterruptedException, TimeoutException {
        out.println("Starting PostgreSQL, Redis, a small provider and two runners; this takes about 20 seconds ...");
        TemporaryServers servers = TemporaryServers.start();
        keep(servers);
        out.println("  all of it in " + servers.directory()
                + ", which is deleted at the end; your own data is not touched");
        DemoProvider provider = new DemoProvider();
        keep(provider);
        List<DemoRunner> runners = new ArrayList<>();
        for (String name : List.of("runner-a", "runner-b")) {
            DemoRunner runner = DemoRunner.start(name, servers, provider, REGIONS);
            keep(runner);
            runners.add(runner);
        }
        for (DemoRunner runner : runners) {
            out.println("  " + runner.name() + " is process " + runner.pid() + ", at " + runner.awaitReady());
        }
        return crash(provider, runners);
    }

    private boolean crash(DemoProvider provider, List<DemoRunner> runners)
            throws IOException, InterruptedException, TimeoutException {
        runners.getFirst().post("/api/v1/jobs", spec());
        out.println();
        out.println("Job " + JOB + ": " + MODELS.size() + " models in " + REGIONS.size()
                + " regions, a call at a time to each region. An unknown outcome is to be held, not called again.");
        int first = REGIONS.size();
        List<Call> calls = provider.await(
                list -> list.stream().filter(Call::answered).count() >= first && list.size() >= 2 * first,
                Duration.ofSeconds(30));
        String calling = calls.getLast().runner();
        DemoRunner victim = runners.stream()
                .filter(runner -> runner.name().equals(calling))
                .findAny()
                .orElseThrow();
        DemoRunner other = runners.stream()
                .filter(runner -> !runner.equals(victim))
                .findAny()
                .orElseThrow();
        victim.kill();
        out.println("kill -9 " + victim.pid() + ": " + victim.name() + " is dead, in the middle of its calls.");
        out.println(other.name() + " will find that the lock of the job has expired (TTL " + LOCK_TTL.toSeconds()
                + " s), and take the job over ...");
        JsonNode job = other.get("/api/v1/jobs/" + JOB + "?wait=30s");
        out.println("The job has ended: " + job.path("status").asString());
        out.println();
        CrashReport report = CrashReport.of(cells(other), provider.calls());
        report.table().forEach(out::println);
        out.println();
        tellDuplicates(job, other);
        out.println(report.verdict());
        return report.isRight();
    }

    private void tellDuplicates(JsonNode job, DemoRunner runner) {
        JsonNode duplicates = job.path("duplicates");
        out.println("The ledger: " + duplicates.path("detected").asLong(0)
                + " duplicates stopped before a call, which is what "
                + runner.name() + " found completed when it took over; "
                + duplicates.path("allowed").asLong(0) + " not stopped.");
    }

    private static List<CellRow> cells(DemoRunner runner) throws IOException, InterruptedException {
        Map<String, CellRow> cells = new LinkedHashMap<>();
        for (String region : REGIONS) {
            for (String model : MODELS) {
                cells.put(region + "/" + model, new CellRow(region, model, "pending"));
            }
        }
        for (JsonNode cell : runner.get("/api/v1/jobs/" + JOB + "/executions?limit=1000")
                .path("executions")
                .values()) {
            String region = cell.path("region").asString("");
            String model = cell.path("model_id").asString("");
            cells.put(
                    region + "/" + model,
                    new CellRow(region, model, cell.path("status").asString("")));
        }
        return List.copyOf(cells.values());
    }

    private static String spec() {
        return """
                {"id": "%s", "models": [%s], "regions": [%s], "prompt": "Who are you?",
                  "constraints": {"on_unknown": "hold"}}""".formatted(JOB, quoted(MODELS), quoted(REGIONS));
    }

    private static String quoted(List<String> names) {
        return "\"" + String.join("\", \"", names) + "\"";
    }

    private void keep(AutoCloseable thing) {
        synchronized (started) {
            started.push(thing);
        }
    }

    private void stop() {
        synchronized (started) {
            while (!started.isEmpty()) {
                try {
                    started.pop().close();
                } catch (Exception notStopped) {
                    System.err.println("beacon: something of the demo could not be stopped: " + notStopped);
                }
            }
        }
    }
}
