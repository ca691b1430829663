package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.Plan.Fault;
import io.projectbeacon.runner.embedded.OwnServers;
import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;

/** Injects the plan's faults, each at its time, and undoes them. */
final class Faults {

    private static final String CUT =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'beacon-runner'";
    private static final Duration START = Duration.ofMinutes(4);

    /** @param runner the token of the runner process that was hit; empty when it was a server */
    record Injected(Plan.Kind kind, Instant at, String runner) {}

    private final List<RunnerInstance> runners;
    private final OwnServers servers;
    private final Stage stage;
    private final Queue<Injected> injected = new ConcurrentLinkedQueue<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final ReentrantLock postgres = new ReentrantLock();
    private final ReentrantLock redis = new ReentrantLock();

    Faults(List<RunnerInstance> runners, OwnServers servers, Stage stage) {
        this.runners = runners;
        this.servers = servers;
        this.stage = stage;
    }

    /** Returns when every fault is undone. */
    void inject(List<Fault> faults) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Fault fault : faults) {
                stage.awaitTime(fault.at());
                threads.submit(() -> {
                    try {
                        inject(fault);
                    } catch (Exception e) {
                        failures.add(fault + " could not be injected: " + e);
                    }
                });
            }
        }
    }

    private void inject(Fault fault) throws IOException, InterruptedException, SQLException {
        switch (fault.kind()) {
            case RUNNER_KILLED, RUNNER_PAUSED -> breakRunner(fault);
            case POSTGRES_RESTARTED -> restartPostgres(fault, "fast");
            case POSTGRES_CRASHED -> restartPostgres(fault, "immediate");
            case POSTGRES_CUT -> cutPostgres(fault);
            case REDIS_KILLED -> killRedis(fault);
            case REDIS_FLUSHED -> redis(fault, "FLUSHALL");
            case REDIS_CUT -> redis(fault, "CLIENT KILL TYPE normal");
        }
    }

    /** Leaves one runner alone, so that it can take jobs over; without a second free runner it does nothing. */
    private void breakRunner(Fault fault) throws IOException, InterruptedException {
        Optional<RunnerInstance> free = freeRunner(fault.runner());
        if (free.isEmpty()) {
            return;
        }
        RunnerInstance runner = free.get();
        try {
            if (fault.kind() == Plan.Kind.RUNNER_KILLED) {
                String token = runner.token();
                runner.kill();
                injected.add(new Injected(fault.kind(), Instant.now(), token));
                stage.pause(fault.length());
                startUntilReady(runner);
            } else {
                injected.add(new Injected(fault.kind(), Instant.now(), runner.token()));
                runner.pause(fault.length(), stage);
            }
        } finally {
            runner.giveBack();
        }
    }

    /** Acts as a supervisor: a runner that finds no database exits, and is started again. */
    private void startUntilReady(RunnerInstance runner) throws IOException, InterruptedException {
        Duration end = stage.now().plus(START);
        do {
            runner.start();
            stage.await(START, Duration.ofMillis(250), () -> runner.isReady() || !runner.isAlive());
        } while (!runner.isAlive() && stage.now().compareTo(end) < 0);
    }

    private synchronized Optional<RunnerInstance> freeRunner(int preferred) {
        List<RunnerInstance> free = new ArrayList<>();
        for (int n = 0; n < runners.size(); n++) {
            RunnerInstance runner = runners.get((preferred + n) % runners.size());
            if (runner.take()) {
                free.add(runner);
            }
        }
        boolean oneIsLeft = free.size() > 1;
        free.stream().skip(oneIsLeft ? 1 : 0).forEach(RunnerInstance::giveBack);
        return oneIsLeft ? Optional.of(free.getFirst()) : Optional.empty();
    }

    private void restartPostgres(Fault fault, String mode) throws InterruptedException {
        postgres.lock();
        try {
            injected.add(new Injected(fault.kind(), Instant.now(), ""));
            servers.stopPostgres(mode);
            stage.pause(fault.length());
            servers.startPostgres();
        } finally {
            postgres.unlock();
        }
    }

    private void cutPostgres(Fault fault) throws SQLException {
        postgres.lock();
        try (var connection = DriverManager.getConnection(servers.jdbcUrl("postgres"));
                var statement = connection.createStatement()) {
            statement.execute(CUT);
            injected.add(new Injected(fault.kind(), Instant.now(), ""));
        } finally {
            postgres.unlock();
        }
    }

    private void killRedis(Fault fault) throws IOException, InterruptedException {
        redis.lock();
        try {
            servers.killRedis();
            injected.add(new Injected(fault.kind(), Instant.now(), ""));
            stage.pause(fault.length());
            servers.startRedis();
        } finally {
            redis.unlock();
        }
    }

    private void redis(Fault fault, String command) throws IOException {
        redis.lock();
        try {
            servers.redis(command);
            injected.add(new Injected(fault.kind(), Instant.now(), ""));
        } finally {
            redis.unlock();
        }
    }

    List<Injected> injected() {
        return List.copyOf(injected);
    }

    List<String> failures() {
        return List.copyOf(failures);
    }
}
