package io.projectbeacon.runner.region;

import java.util.HashMap;
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
 * Renews the shared slots of the calls under way at a third of their time to live, as job locks are renewed. It has a
 * thread of its own: the heartbeat of the locks must not wait for it.
 */
@Component
class SlotKeeper implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(SlotKeeper.class);

    private final RegionLimits limits;
    private final SharedSlots slots;
    private @Nullable ScheduledExecutorService timer;
    private volatile boolean running;

    SlotKeeper(RegionLimits limits, SharedSlots slots) {
        this.limits = limits;
        this.slots = slots;
    }

    /** Renews the taken slots first and then gives surplus ones back, so that no renewal brings a surplus one back. */
    void renew() {
        List<SharedLimit> shared = limits.shared();
        Map<String, Set<String>> taken = new LinkedHashMap<>();
        shared.forEach(limit -> taken.put(limit.region(), limit.taken()));
        try {
            Map<String, DataAccessException> refused = new HashMap<>(slots.renew(taken));
            Map<String, Set<String>> surplus = new LinkedHashMap<>();
            shared.forEach(
                    limit -> surplus.put(limit.region(), limit.surplus(taken.getOrDefault(limit.region(), Set.of()))));
            refused.putAll(slots.giveBack(surplus));
            for (SharedLimit limit : shared) {
                DataAccessException why = refused.get(limit.region());
                if (why == null) {
                    limit.forgotten(surplus.getOrDefault(limit.region(), Set.of()));
                    limit.renewed();
                } else {
                    limit.notRenewed(why);
                }
            }
        } catch (DataAccessException away) {
            shared.forEach(limit -> limit.notRenewed(away));
        } catch (RuntimeException | Error unexpected) {
            // A timer whose step throws would never fire again.
            log.error("The shared slots of calls under way could not be renewed, trying again", unexpected);
        }
    }

    @Override
    public void start() {
        running = true;
        if (limits.shared().isEmpty()) {
            return;
        }
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("slot-keeper").factory());
        long interval = slots.renewalInterval().toMillis();
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
