package io.projectbeacon.runner.worker;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * Renews the leases of the calls under way, at a third of their time, as the locks are. On a thread of its own: a lock's
 * renewal must not wait for it.
 */
@Component
class LeaseKeeper implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

    private final RegionLimits limits;
    private final RegionLeases leases;
    private final LockProperties properties;
    private @Nullable ScheduledExecutorService timer;
    private volatile boolean running;

    LeaseKeeper(RegionLimits limits, RegionLeases leases, LockProperties properties) {
        this.limits = limits;
        this.leases = leases;
        this.properties = properties;
    }

    /** Renews what is held, and then gives back what is not: in this order, so that a renewal cannot bring it back. */
    void renew() {
        List<TotalLimit> totals = limits.totals();
        Map<String, Set<String>> held = new LinkedHashMap<>();
        totals.forEach(total -> held.put(total.region(), total.held()));
        try {
            leases.renew(held);
            Map<String, Set<String>> surplus = new LinkedHashMap<>();
            totals.forEach(
                    total -> surplus.put(total.region(), total.surplus(held.getOrDefault(total.region(), Set.of()))));
            leases.giveBack(surplus);
            totals.forEach(total -> total.told(surplus.getOrDefault(total.region(), Set.of())));
        } catch (DataAccessException away) {
            log.warn("The leases of calls under way could not be renewed, trying again: {}", away.getMessage());
        } catch (RuntimeException | Error unexpected) {
            // A timer whose step throws would never fire again.
            log.error("The leases of calls under way could not be renewed, trying again", unexpected);
        }
    }

    @Override
    public void start() {
        running = true;
        if (limits.totals().isEmpty()) {
            return;
        }
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("lease-keeper").factory());
        long interval = properties.renewalInterval().toMillis();
        started.scheduleWithFixedDelay(this::renew, interval, interval, TimeUnit.MILLISECONDS);
        timer = started;
    }

    @Override
    public void stop() {
        if (timer != null) {
            timer.shutdownNow();
        }
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Stops after the workers, whose calls are under way until then. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 1;
    }
}
