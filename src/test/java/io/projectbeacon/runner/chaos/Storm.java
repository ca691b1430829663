package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Counters;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.embedded.OwnServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Plays a plan on servers, a provider and runners of its own, and reports what was seen. */
final class Storm implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(4);
    private static final Duration SETTLE = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration SCRAPE = Duration.ofMillis(400);
    private static final int CONNECTIONS = 100;

    private final Plan plan;
    private final Path calls;
    private final OwnServers servers;
    private final Process provider;
    private final List<RunnerInstance> runners;
    private final List<Client> clients = new ArrayList<>();
    private final List<String> objections = new ArrayList<>();
    private final Stage scraping = new Stage();

    /** @param target where servers, logs and the provider's ledger are kept */
    Storm(Plan plan, Path target) throws IOException, SQLException {
        String name = "storm_" + Long.toUnsignedString(plan.seed()) + "_" + System.currentTimeMillis();
        Path directory = Files.createDirectories(target.resolve(name));
        this.plan = plan;
        this.calls = directory.resolve("calls.jsonl");
        this.servers = OwnServers.start(target.resolve("servers"), CONNECTIONS);
        try (var connection = DriverManager.getConnection(servers.jdbcUrl("postgres"));
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        this.provider = Programs.provider(calls, plan.seed());
        List<String> command =
                Programs.runner(servers.jdbcUrl(name), servers.redisUrl(), Programs.port(provider), Setup.REGIONS);
        this.runners = Programs.places(command, Setup.REGIONS, directory);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::endProcesses));
    }

    Report play() throws IOException, InterruptedException {
        for (RunnerInstance runner : runners) {
            runner.start();
        }
        Stage start = new Stage();
        if (!start.await(START, LOOK, () -> runners.stream().allMatch(RunnerInstance::isReady))) {
            throw new IllegalStateException("The runners do not come up; see the logs beside " + calls);
        }
        try (ExecutorService scrapers = Executors.newVirtualThreadPerTaskExecutor()) {
            runners.forEach(runner -> scrapers.submit(() -> scrape(runner)));
            Faults faults = new Faults(runners, servers, new Stage());
            act(plan.calm(), faults, List.of());
            Checker.violations(history()).forEach(violation -> objections.add("calm: " + violation));
            faults = new Faults(runners, servers, new Stage());
            act(plan.jobs(), faults, plan.faults());
            scraping.callOff();
            History history = history();
            objections.addAll(faults.failures());
            clients.forEach(client -> objections.addAll(client.surprises()));
            objections.addAll(Checker.violations(history));
            return new Report(plan.seed(), history, faults.injected(), List.copyOf(objections));
        } finally {
            scraping.callOff();
        }
    }

    /** Returns when all scripts are played and no work is under way, or {@link #SETTLE} later. */
    private void act(List<JobScript> scripts, Faults faults, List<Plan.Fault> planned) throws InterruptedException {
        Stage stage = new Stage();
        List<Client> playing = scripts.stream()
                .map(script -> new Client(script, runners, stage))
                .toList();
        clients.addAll(playing);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            playing.forEach(client -> threads.submit(() -> {
                client.play();
                return null;
            }));
            faults.inject(planned);
        }
        if (!stage.await(SETTLE, LOOK, this::isQuiet)) {
            objections.add("1: all was whole again for " + SETTLE + ", and something is still going on");
        }
        runners.forEach(RunnerInstance::scrape);
    }

    private boolean isQuiet() {
        try {
            return runners.stream().allMatch(RunnerInstance::isReady)
                    && new ApiReader(runners.getFirst())
                            .statuses().values().stream()
                                    .noneMatch(status -> status.equals("queued") || status.equals("running"))
                    && runners.stream().allMatch(RunnerInstance::isIdle)
                    && ProviderLedger.read(calls).stream().allMatch(Call::isOver);
        } catch (IOException | IllegalStateException notNow) {
            return false;
        }
    }

    private Void scrape(RunnerInstance runner) throws InterruptedException {
        while (!scraping.isCalledOff()) {
            runner.scrape();
            scraping.pause(SCRAPE);
        }
        return null;
    }

    private History history() throws IOException {
        try {
            return readHistory();
        } catch (IllegalStateException unreadable) {
            runners.forEach(runner -> objections.add(runner.standing()));
            throw new IllegalStateException(String.join("\n", objections), unreadable);
        }
    }

    private History readHistory() throws IOException {
        ApiReader api = new ApiReader(runners.getFirst());
        Map<String, Counters> counters = new LinkedHashMap<>();
        List<History.Process> processes = new ArrayList<>();
        List<Request> requests = new ArrayList<>();
        for (RunnerInstance runner : runners) {
            counters.putAll(runner.lastScrapes());
            processes.addAll(runner.processes());
        }
        clients.forEach(client -> requests.addAll(client.requests()));
        return new History(
                clients.stream().map(Client::submission).toList(),
                requests,
                processes,
                ProviderLedger.read(calls),
                api.jobs(),
                api.ledger(),
                counters);
    }

    private void endProcesses() {
        runners.forEach(RunnerInstance::end);
        provider.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        endProcesses();
        servers.close();
    }
}
