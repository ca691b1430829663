package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.metrics.BeaconGauges;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/**
 * The lock keys that this replica has met lately and that are no locks as a runner sets them, by job.
 *
 * <p>Each of them holds up its own job until a person deletes it. A lock without a TTL counts after two TTLs only: until
 * then its runner may be about to renew it, and a renewal gives it a TTL again.
 */
@Component
class BrokenLocks {

    private record Sighting(LockState fault, long first, long last) {}

    private final Map<Long, Sighting> sightings = new ConcurrentHashMap<>();
    private final Duration ttl;

    BrokenLocks(LockProperties properties, BeaconGauges gauges) {
        this.ttl = properties.ttl();
        gauges.lockKeysBroken(this, broken -> broken.known().size());
    }

    /** Notes what was met at the key of a job. */
    void met(long jobId, LockState state) {
        if (state.isFault()) {
            long now = System.nanoTime();
            sightings.merge(
                    jobId,
                    new Sighting(state, now, now),
                    (before, next) -> new Sighting(
                            next.fault(), before.fault() == next.fault() ? before.first() : next.first(), next.last()));
        } else if (state != LockState.UNANSWERED) {
            sightings.remove(jobId);
        }
    }

    /** The faults to be told, by job. A key that is not met any more for a TTL, as that of a job that has ended, is none. */
    Map<Long, LockState> known() {
        long now = System.nanoTime();
        sightings.values().removeIf(sighting -> now - sighting.last() > ttl.toNanos());
        Map<Long, LockState> known = new TreeMap<>();
        sightings.forEach((job, sighting) -> {
            if (sighting.fault() == LockState.BROKEN
                    || now - sighting.first() >= ttl.multipliedBy(2).toNanos()) {
                known.put(job, sighting.fault());
            }
        });
        return known;
    }
}
