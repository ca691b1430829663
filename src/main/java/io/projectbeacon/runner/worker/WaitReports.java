package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.job.JobWait;
import io.projectbeacon.runner.job.JobWait.Reason;
import io.projectbeacon.runner.job.WaitBoard;
import io.projectbeacon.runner.region.RegionStates;
import io.projectbeacon.runner.region.RegionStates.State;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.worker.CellWaits.Waiting;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Tells what the cells of this runner's jobs wait for, so that any replica can say it. All jobs go in one write to Redis, and only
 * those of which there is something new to say; while no cell waits, nothing is written.
 */
@Component
class WaitReports {

    private static final Logger log = LoggerFactory.getLogger(WaitReports.class);

    /** A text is written again while it still stands. */
    private static final Duration AGAIN = WaitBoard.STANDS.dividedBy(2);

    private record Told(String text, long at) {}

    private final WaitBoard board;
    private final RegionStates states;
    private final Regions regions;
    private final BrokenLocks brokenLocks;
    private final Clock clock;
    private Map<Long, Told> told = new HashMap<>();

    WaitReports(WaitBoard board, RegionStates states, Regions regions, BrokenLocks brokenLocks, Clock clock) {
        this.board = board;
        this.states = states;
        this.regions = regions;
        this.brokenLocks = brokenLocks;
        this.clock = clock;
    }

    /** To be called once a second or so, by one thread. */
    void tell(Collection<JobRun> runs) {
        Map<Long, String> now = new HashMap<>();
        for (JobRun run : runs) {
            List<JobWait> waits = waits(run.waits().waiting());
            if (!waits.isEmpty()) {
                now.put(run.run().jobId(), board.text(waits));
            }
        }
        brokenLocks
                .known()
                .keySet()
                .forEach(job ->
                        now.putIfAbsent(job, board.text(List.of(new JobWait(null, Reason.LOCK_KEY, null, null)))));
        long time = System.nanoTime();
        Map<Long, String> news = new HashMap<>();
        now.forEach((job, text) -> {
            Told before = told.get(job);
            if (before == null || !before.text().equals(text) || time - before.at() > AGAIN.toNanos()) {
                news.put(job, text);
            }
        });
        told.keySet().stream().filter(job -> !now.containsKey(job)).forEach(job -> news.put(job, ""));
        try {
            board.write(news);
        } catch (DataAccessException away) {
            log.debug("What jobs wait for could not be written", away);
            told = new HashMap<>();
            return;
        }
        Map<Long, Told> next = new HashMap<>();
        now.forEach((job, text) -> {
            Told before = told.get(job);
            next.put(job, before == null || news.containsKey(job) ? new Told(text, time) : before);
        });
        told = next;
    }

    private List<JobWait> waits(Map<String, Waiting> byRegion) {
        List<JobWait> waits = new ArrayList<>();
        byRegion.forEach((region, waiting) -> {
            State state = regions.names().contains(region) ? states.of(region) : null;
            if (waiting.cells() > 0) {
                waits.add(ofRegion(region, waiting.cells(), state));
            }
            if (waiting.forAttempts() > 0) {
                waits.add(new JobWait(
                        region,
                        reasonOfAttempt(state),
                        waiting.forAttempts(),
                        in(Duration.ofNanos(waiting.soonest() - System.nanoTime()))));
            }
        });
        return waits;
    }

    private JobWait ofRegion(String region, int cells, @Nullable State state) {
        if (state == null) {
            return new JobWait(region, Reason.PLACE, cells, null);
        }
        if (state.pause() != null) {
            return new JobWait(region, Reason.PAUSED, cells, null);
        }
        if (state.refusing() != null) {
            return new JobWait(region, Reason.PACE, cells, state.paused() == null ? null : in(state.paused()));
        }
        return new JobWait(region, state.totalTaken() ? Reason.TOTAL_LIMIT : Reason.PLACE, cells, null);
    }

    private static Reason reasonOfAttempt(@Nullable State state) {
        if (state == null) {
            return Reason.BACKOFF;
        }
        if (state.pause() != null) {
            return Reason.PAUSED;
        }
        return state.breakerOpen() ? Reason.BREAKER : Reason.BACKOFF;
    }

    /** Whole tenths of a second: a text that changes each time would be written each time. */
    private Instant in(Duration left) {
        long millis = clock.millis() + left.toMillis();
        return Instant.ofEpochMilli((millis + 99) / 100 * 100);
    }
}
