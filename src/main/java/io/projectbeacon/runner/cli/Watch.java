package io.projectbeacon.runner.cli;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Follows a job to its end by asking for it, soon at first and then once a second. The job does not depend on it: an end of the watch stops nothing. */
final class Watch {

    /** Of larger jobs only the counts are shown. */
    static final int MOST_CELLS = 1000;

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    /** A restart of the service takes less; the job is stored meanwhile. */
    private static final Duration LONGEST_OUTAGE = Duration.ofSeconds(60);

    private static final Set<String> ENDED = Set.of("completed", "partial", "failed", "cancelled");

    private final Api api;
    private final Screen screen;
    private Duration interval = Duration.ofMillis(100);

    Watch(Api api, Screen screen) {
        this.api = api;
        this.screen = screen;
    }

    static boolean hasEnded(JsonNode job) {
        return ENDED.contains(job.path("status").asString(""));
    }

    static boolean isTooLarge(JsonNode job) {
        return job.at("/cells/total").asLong(0) > MOST_CELLS;
    }

    /** Returns the exit code. As JSON, only the job's last body is printed. */
    int untilEnded(String id, boolean json) {
        Thread goodbye = new Thread(() -> screen.note(
                "The job goes on. beacon job " + id + " --watch follows it again, beacon cancel " + id + " stops it."));
        Runtime.getRuntime().addShutdownHook(goodbye);
        try {
            Reply last = json ? quietly(id) : shown(id);
            if (json) {
                screen.bytes(last.body());
            }
            return ExitCode.ofJob(last.json().path("status").asString(""));
        } finally {
            removeHook(goodbye);
        }
    }

    private Reply quietly(String id) {
        Reply reply = look(id);
        while (!hasEnded(reply.json())) {
            pause();
            reply = look(id);
        }
        return reply;
    }

    private Reply shown(String id) {
        Screen.Terminal terminal = screen.terminal();
        WatchView view = terminal == null ? new LineView(screen) : new LiveView(screen, terminal);
        String before = "";
        while (true) {
            Reply reply = look(id);
            JsonNode job = reply.json();
            String now = job.path("status") + job.path("cells").toString();
            if (!now.equals(before)) {
                before = now;
                view.show(job, isTooLarge(job) ? List.of() : Cells.of(api, id));
            }
            if (hasEnded(job)) {
                return reply;
            }
            pause();
        }
    }

    private void pause() {
        Api.pause(interval);
        Duration doubled = interval.multipliedBy(2);
        interval = doubled.compareTo(INTERVAL) < 0 ? doubled : INTERVAL;
    }

    /** Asks for the job, for a while also a service that does not answer. */
    private Reply look(String id) {
        long since = System.nanoTime();
        boolean told = false;
        while (true) {
            try {
                return api.get(Api.job(id));
            } catch (CommandException failed) {
                if (failed.exitCode() != ExitCode.NOT_REACHABLE
                        || Thread.currentThread().isInterrupted()
                        || System.nanoTime() - since > LONGEST_OUTAGE.toNanos()) {
                    throw failed;
                }
                if (!told) {
                    failed.lines().forEach(screen::note);
                    screen.note(
                            "Asking again for " + LONGEST_OUTAGE.toSeconds() + " s. The job does not depend on it.");
                    told = true;
                }
                Api.pause(INTERVAL);
            }
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException stopping) {
            // Ctrl-C came first: the hook is running.
        }
    }
}
