package io.projectbeacon.runner.region;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.redis.Answer;
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
 * This replica's part in the limit on a region's calls over all replicas.
 *
 * <p>While Redis cannot be asked, no slot is given: a limit that gives way in an outage is none. Calls under way go on.
 * When Redis was emptied, slots are missing until their runners have renewed them, so for a third of {@code
 * beacon.lock.ttl} other replicas may begin more calls than allowed.
 *
 * <p>Of the cells that wait here, one asks Redis, and the others queue behind it in order of arrival.
 */
final class SharedLimit {

    private static final Logger log = LoggerFactory.getLogger(SharedLimit.class);
    private static final int SHORTEST_PAUSE_MILLIS = 20;
    private static final int LONGEST_PAUSE_MILLIS = 80;

    private final OutageLog uncounted = new OutageLog(log);
    private final OutageLog unrenewed = new OutageLog(log);
    private final String region;
    private final int total;
    private final SharedSlots slots;
    private final ReentrantLock asking = new ReentrantLock(true);
    private final Semaphore givenBack = new Semaphore(0);

    /** The tokens of the slots whose calls are under way. */
    private final Set<String> taken = ConcurrentHashMap.newKeySet();

    private final Set<String> notGivenBackYet = ConcurrentHashMap.newKeySet();
    private volatile boolean keyBroken;
    private volatile boolean full;

    SharedLimit(String region, int total, SharedSlots slots) {
        this.region = region;
        this.total = total;
        this.slots = slots;
    }

    /** Waits for a slot, and returns the token under which it is taken. */
    String acquire() throws InterruptedException {
        asking.lockInterruptibly();
        String token = UUID.randomUUID().toString();
        boolean unanswered = false;
        try {
            while (true) {
                givenBack.drainPermits(); // Before the question, so that a slot given back after it ends the pause.
                try {
                    unanswered = true;
                    boolean isTaken = slots.take(region, total, taken.size(), token);
                    unanswered = false;
                    keyBroken = false;
                    full = !isTaken;
                    uncounted.back("The calls to " + region + " of all replicas are counted again");
                    if (isTaken) {
                        taken.add(token);
                        return token;
                    }
                } catch (DataAccessException away) {
                    if (!Thread.currentThread().isInterrupted()) {
                        keyBroken = new Answer.Refused(away).isOfTheKey();
                        uncounted.away(
                                "The calls to " + region + " of all replicas cannot be counted, so no further one"
                                        + " begins; asking again",
                                away);
                    }
                }
                pause();
            }
        } finally {
            if (unanswered) {
                notGivenBackYet.add(token); // Redis may have given the slot: it is to be given back.
            }
            asking.unlock();
        }
    }

    /** Waits until a slot is given back here, or until it is time to look for those given back by other replicas. */
    private void pause() throws InterruptedException {
        int millis = ThreadLocalRandom.current().nextInt(SHORTEST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS + 1);
        givenBack.tryAcquire(millis, TimeUnit.MILLISECONDS);
    }

    void release(String token) {
        taken.remove(token);
        // An interrupted cell gives its slot back too, but with the interrupt Redis's client would not wait for it.
        boolean interrupted = Thread.interrupted();
        try {
            if (!slots.giveBack(Map.of(region, List.of(token))).isEmpty()) {
                notGivenBackYet.add(token);
            }
        } catch (DataAccessException away) {
            notGivenBackYet.add(token);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        givenBack.release();
    }

    int total() {
        return total;
    }

    String region() {
        return region;
    }

    /** The tokens of the slots whose calls are under way. */
    Set<String> taken() {
        return Set.copyOf(taken);
    }

    /** Whether no call begins until a person deletes the region's keys in Redis, since one is of another type. */
    boolean isKeyBroken() {
        return keyBroken;
    }

    /** Whether no slot was free when one was asked for last. */
    boolean isFull() {
        return full;
    }

    void renewed() {
        unrenewed.back("The shared slots of calls to " + region + " are renewed again");
    }

    void notRenewed(DataAccessException why) {
        unrenewed.away("The shared slots of calls to " + region + " could not be renewed; trying again", why);
    }

    /** The tokens that Redis must forget: those just renewed but given back meanwhile, and those not given back yet. */
    Set<String> surplus(Set<String> renewed) {
        Set<String> surplus = ConcurrentHashMap.newKeySet();
        surplus.addAll(renewed);
        surplus.removeAll(taken);
        surplus.addAll(notGivenBackYet);
        return surplus;
    }

    /** @param tokens that Redis has forgotten now */
    void forgotten(Set<String> tokens) {
        notGivenBackYet.removeAll(tokens);
        if (!tokens.isEmpty()) {
            givenBack.release();
        }
    }
}
