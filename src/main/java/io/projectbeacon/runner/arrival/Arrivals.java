package io.projectbeacon.runner.arrival;

import jakarta.servlet.http.HttpServletRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bodies on their way, one a connection at most; those that come too slowly are cut off. */
public final class Arrivals implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Arrivals.class);
    private static final long LOOK_MS = 250;

    /** Between two times of making room, so that what was given up has given its memory back. */
    private static final long MAKE_ROOM_MS = 50;

    /** Refused bodies are read to their ends, so many at a time. */
    private static final int MOST_DISCARDED = 32;

    private final ArrivalTimes times;
    private final MemoryBudget budget;
    private final Semaphore discarding = new Semaphore(MOST_DISCARDED);
    private final Map<String, Arrival> byConnection = new ConcurrentHashMap<>();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("arrivals").daemon().factory());
    private volatile @Nullable GuardedEndpoint endpoint;

    public Arrivals(ArrivalTimes times, MemoryBudget budget) {
        this.times = times;
        this.budget = budget;
        watch.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
        watch.scheduleWithFixedDelay(this::makeRoom, MAKE_ROOM_MS, MAKE_ROOM_MS, TimeUnit.MILLISECONDS);
    }

    /** Has the connections of a server watched, too, before their requests are there. */
    public void guard(GuardedProtocol protocol) {
        endpoint = protocol.endpoint();
        protocol.endpoint().guardFor(this);
    }

    /** Opens a request that may have a body; the caller closes it when it has been answered. */
    public ArrivingRequest open(HttpServletRequest request) {
        Arrival arrival = new Arrival(times);
        String connection = request.getServletConnection().getConnectionId();
        byConnection.put(connection, arrival);
        return new ArrivingRequest(
                request, arrival, budget, discarding, () -> byConnection.remove(connection, arrival));
    }

    @Nullable
    Arrival on(String connection) {
        return byConnection.get(connection);
    }

    private void makeRoom() {
        try {
            GuardedEndpoint guarded = endpoint;
            if (guarded != null) {
                guarded.makeRoomIfCrowded();
                if (budget.arriving().isShort()) {
                    cutLongest(guarded);
                }
            }
        } catch (RuntimeException failure) {
            log.error("Making room for requests failed; it is repeated", failure);
        }
    }

    /** Cuts off those whose bodies have been on their way for longest, since they hold memory that others need. */
    private void cutLongest(GuardedEndpoint guarded) {
        long now = System.nanoTime();
        Map<String, Long> waiting = new HashMap<>();
        byConnection.forEach((connection, arrival) -> {
            Long from = arrival.waitingFrom();
            if (from != null && now - from > GuardedEndpoint.GRACE) {
                waiting.put(connection, from);
            }
        });
        Map<String, Arrival> given = new HashMap<>();
        waiting.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .limit(1 + waiting.size() / 4)
                .map(Map.Entry::getKey)
                .forEach(connection -> given.computeIfAbsent(connection, byConnection::get));
        guarded.cut(given, CutOffException.Reason.CROWDED);
    }

    private void look() {
        try {
            GuardedEndpoint guarded = endpoint;
            if (guarded == null) {
                return;
            }
            long now = System.nanoTime();
            Map<String, Arrival> overdue = new HashMap<>();
            byConnection.forEach((connection, arrival) -> {
                if (arrival.cut() == null && arrival.isOverdue(now)) {
                    overdue.put(connection, arrival);
                }
            });
            guarded.cut(overdue, CutOffException.Reason.TOO_SLOW);
            guarded.cutSlowHeads(now - times.time().toNanos());
        } catch (RuntimeException failure) {
            log.error("The look at slow requests failed; it is repeated", failure);
        }
    }

    @Override
    public void close() {
        watch.shutdownNow();
    }
}
