package io.projectbeacon.runner.region;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Looks several times a second which regions are paused, on a thread of its own. It begins before the worker and ends after it,
 * since no call begins without its answers. The first look is over when the worker takes its first job: before it, the
 * worker would take those of paused regions too.
 */
@Component
public class PauseWatch implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(PauseWatch.class);
    private static final Duration INTERVAL = Duration.ofMillis(250);

    private final PausedRegions regions;
    private final RegionPauses pauses;
    private final OutageLog outage = new OutageLog(log);
    private @Nullable ScheduledExecutorService thread;

    PauseWatch(PausedRegions regions, RegionPauses pauses) {
        this.regions = regions;
        this.pauses = pauses;
    }

    @Override
    public synchronized void start() {
        look();
        // A thread of the system, since the virtual ones may be kept waiting while all processors are busy.
        thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("paused-regions").factory());
        thread.scheduleWithFixedDelay(this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public synchronized void stop() {
        if (thread != null) {
            thread.shutdown();
            awaitLook(thread);
            thread = null;
        }
    }

    /** A look that is under way needs the database, which is closed after this, also when the start has failed. */
    private static void awaitLook(ScheduledExecutorService thread) {
        try {
            if (!thread.awaitTermination(TimeLimitedJdbc.TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                log.debug("The last look has not ended; the database may be away");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }

    @Override
    public int getPhase() {
        return 0;
    }

    /** Looks now. */
    public void look() {
        long asked = pauses.time();
        try {
            regions.all().ifPresent(paused -> pauses.seen(paused, asked));
            outage.back("It is known again which regions are paused");
        } catch (DataAccessException away) {
            outage.away(
                    "It cannot be seen which regions are paused; without an answer for "
                            + RegionPauses.VALID.toSeconds() + " s no call begins",
                    away);
        } catch (RuntimeException unexpected) {
            log.error("It could not be seen which regions are paused, trying again", unexpected);
        }
    }
}
