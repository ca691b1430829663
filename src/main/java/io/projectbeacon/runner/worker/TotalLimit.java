package io.projectbeacon.runner.worker;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * This replica's part in the bound on a region's calls over all replicas.
 *
 * <p>While Redis cannot be asked, no place is given: a bound that gives way in an outage is none. Calls under way go on.
 * When Redis was emptied, leases are missing until their holders have renewed them, so for a third of {@code
 * beacon.lock.ttl} other replicas may begin more calls than allowed.
 *
 * <p>Of those who wait here only one asks Redis, and the others queue behind it in order of arrival.
 */
final class TotalLimit {

    private static final Logger log = LoggerFactory.getLogger(TotalLimit.class);

    private static final int SHORTEST_PAUSE_MILLIS = 20;
    private static final int LONGEST_PAUSE_MILLIS = 80;

    private final String region;
    private final int total;
    private final RegionLeases leases;
    private final ReentrantLock asking = new ReentrantLock(true);
    private final Semaphore givenBack = new Semaphore(0);
    private final Set<String> held = ConcurrentHashMap.newKeySet();
    private final Set<String> notGivenBackYet = ConcurrentHashMap.newKeySet();

    TotalLimit(String region, int total, RegionLeases leases) {
        this.region = region;
        this.total = total;
        this.leases = leases;
    }

    /** Waits for a place, and returns the token under which it is held. */
    String acquire() throws InterruptedException {
        asking.lockInterruptibly();
        String token = UUID.randomUUID().toString();
        boolean mayBeTaken = false;
        try {
            boolean away = false;
            while (true) {
                givenBack.drainPermits(); // Before the question: a place that is given back after it rings anew.
                try {
                    mayBeTaken = true;
                    if (leases.take(region, total, held.size(), token)) {
                        held.add(token);
                        mayBeTaken = false;
                        return token;
                    }
                    mayBeTaken = false;
                    away = false;
                } catch (DataAccessException e) {
                    if (!away && !Thread.currentThread().isInterrupted()) {
                        away = true;
                        log.atWarn()
                                .addKeyValue("region", region)
                                .log(
                                        "The calls of all replicas cannot be counted, so no further one begins; asking"
                                                + " again: {}",
                                        e.getMessage());
                    }
                }
                pause();
            }
        } finally {
            if (mayBeTaken) {
                notGivenBackYet.add(token); // The question was sent and its answer is not known.
            }
            asking.unlock();
        }
    }

    /** Until a place is given back here, or it is time to ask for those given back elsewhere. */
    private void pause() throws InterruptedException {
        int millis = ThreadLocalRandom.current().nextInt(SHORTEST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS + 1);
        givenBack.tryAcquire(millis, TimeUnit.MILLISECONDS);
    }

    void release(String token) {
        held.remove(token);
        // A cell that was interrupted gives its place back all the same, and Redis's client would not wait for it.
        boolean interrupted = Thread.interrupted();
        try {
            leases.giveBack(Map.of(region, List.of(token)));
        } catch (DataAccessException away) {
            notGivenBackYet.add(token);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        givenBack.release();
    }

    String region() {
        return region;
    }

    /** The tokens whose calls are under way. */
    Set<String> held() {
        return Set.copyOf(held);
    }

    /** Of those just renewed, the ones that were given back meanwhile; and those that Redis has not been told of. */
    Set<String> surplus(Set<String> renewed) {
        Set<String> surplus = ConcurrentHashMap.newKeySet();
        surplus.addAll(renewed);
        surplus.removeAll(held);
        surplus.addAll(notGivenBackYet);
        return surplus;
    }

    void told(Set<String> tokens) {
        notGivenBackYet.removeAll(tokens);
        if (!tokens.isEmpty()) {
            givenBack.release();
        }
    }
}
