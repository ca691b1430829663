package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Counters;
import io.projectbeacon.runner.chaos.History.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One runner of a storm: processes of the packaged jar that run one after the other on the same port. */
final class RunnerInstance {

    private static final Pattern SAMPLE = Pattern.compile("(beacon_\\w+_total)(?:\\{(.*)})? (\\S+)");
    private static final int LAST_LINES = 30;
    private static final Pattern LABEL = Pattern.compile("(outcome|layer|status)=\"(\\w+)\"");

    /** One process of this runner. */
    private static final class Life {
        private final String token;
        private final Process process;
        private final List<Span> pauses = new ArrayList<>();
        private volatile @Nullable Instant killed;
        private volatile @Nullable Counters lastScrape;

        Life(String token, Process process) {
            this.token = token;
            this.process = process;
        }
    }

    private final int number;
    private final int port;
    private final List<String> command;
    private final List<String> regions;
    private final Path logs;
    private final List<Life> lives = new ArrayList<>();
    private boolean inUse;

    /** @param command starts the jar, without the arguments that differ from process to process */
    RunnerInstance(int number, int port, List<String> command, List<String> regions, Path logs) {
        this.number = number;
        this.port = port;
        this.command = command;
        this.regions = regions;
        this.logs = logs;
    }

    String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    synchronized void start() throws IOException {
        String token = "runner-" + number + "." + (lives.size() + 1);
        List<String> all = new ArrayList<>(command);
        all.add("--server.port=" + port);
        // The API key tells the provider's ledger which process a call came from.
        regions.forEach(region -> all.add("--beacon.regions." + region + ".api-key=" + token));
        Process process = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(logs.resolve(token + ".log").toFile())
                .start();
        lives.add(new Life(token, process));
    }

    boolean isReady() {
        return Http.get(url("/actuator/health/readiness"), Duration.ofSeconds(1))
                        .status()
                == 200;
    }

    boolean isAlive() {
        return now().process.isAlive();
    }

    /** How its last process stands, with the end of its log. */
    String standing() {
        Life life = now();
        List<String> lines;
        try {
            lines = Files.readAllLines(logs.resolve(life.token + ".log"));
        } catch (IOException unreadable) {
            lines = List.of(unreadable.toString());
        }
        return "%s is %s; its last lines:%n%s"
                .formatted(
                        life.token,
                        life.process.isAlive() ? "alive" : "dead",
                        String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size())));
    }

    /** Whether this runner has no cell between its claim and its end. */
    boolean isIdle() {
        Http.Reply reply = Http.get(url("/actuator/prometheus"), Duration.ofSeconds(2));
        return reply.status() == 200
                && reply.body()
                        .lines()
                        .filter(line -> line.startsWith("beacon_executions_in_flight{"))
                        .allMatch(line -> line.endsWith("} 0.0"));
    }

    /** Reserves this runner for a fault; false when it is down or paused. */
    synchronized boolean take() {
        boolean free = !inUse;
        inUse = true;
        return free;
    }

    synchronized void giveBack() {
        inUse = false;
    }

    synchronized String token() {
        return now().token;
    }

    private synchronized Life now() {
        return lives.getLast();
    }

    void kill() throws InterruptedException {
        Life life = now();
        scrape();
        life.killed = Instant.now();
        life.process.destroyForcibly().waitFor();
    }

    void pause(Duration length, Stage stage) throws IOException, InterruptedException {
        Life life = now();
        Instant from = Instant.now();
        signal(life, "STOP");
        stage.pause(length);
        signal(life, "CONT");
        synchronized (this) {
            life.pauses.add(new Span(from, Instant.now()));
        }
    }

    void scrape() {
        Life life = now();
        Http.Reply reply = Http.get(url("/actuator/prometheus"), Duration.ofSeconds(2));
        // After a restart the answer may be the next process's, which has counters of its own.
        if (reply.status() == 200 && life == now()) {
            life.lastScrape = counters(reply.body());
        }
    }

    private static Counters counters(String scrape) {
        Map<String, Double> samples = new TreeMap<>();
        for (String line : scrape.lines().toList()) {
            Matcher sample = SAMPLE.matcher(line);
            if (sample.matches()) {
                String name = sample.group(1);
                Map<String, String> labels = labels(String.valueOf(sample.group(2)));
                String key = switch (name) {
                    case "beacon_duplicates_total" -> name + " " + labels.get("outcome") + " " + labels.get("layer");
                    case "beacon_executions_total" -> name + " " + labels.get("status");
                    case "beacon_executions_unknown_total", "beacon_jobs_total" -> name;
                    default -> "";
                };
                if (!key.isEmpty()) {
                    samples.merge(key, Double.parseDouble(sample.group(3)), Double::sum);
                }
            }
        }
        // Only completed cells can be compared: each is completed once, and a retry may change any other status.
        samples.keySet().removeIf(key -> key.startsWith("beacon_executions_total ") && !key.endsWith(" completed"));
        return new Counters(samples);
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new LinkedHashMap<>();
        Matcher label = LABEL.matcher(text);
        while (label.find()) {
            labels.put(label.group(1), label.group(2));
        }
        return labels;
    }

    synchronized List<History.Process> processes() {
        return lives.stream()
                .map(life -> new History.Process(life.token, life.process.pid(), life.killed, List.copyOf(life.pauses)))
                .toList();
    }

    synchronized Map<String, Counters> lastScrapes() {
        Map<String, Counters> scrapes = new LinkedHashMap<>();
        for (Life life : lives) {
            if (life.lastScrape != null) {
                scrapes.put(life.token, life.lastScrape);
            }
        }
        return scrapes;
    }

    /** Ends the last process, if there is one, paused or not. */
    synchronized void end() {
        if (!lives.isEmpty()) {
            now().process.destroyForcibly().onExit().join();
        }
    }

    private static void signal(Life life, String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(life.process.pid()))
                .start()
                .waitFor();
    }
}
