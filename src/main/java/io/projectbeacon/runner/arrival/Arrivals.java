package io.projectbeacon.runner.arrival;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bodies on their way, one a connection at most; those that come too slowly are cut off. */
public final class Arrivals implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Arrivals.class);
    private static final long LOOK_MS = 250;

    /** Between two times of making room, so that what was given up has given its memory back. */
    private static final long PAUSE = Duration.ofMillis(50).toNanos();

    private final ArrivalTimes times;
    private final MemoryBudget budget;
    private final Map<String, Arrival> byConnection = new ConcurrentHashMap<>();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("arrivals").daemon().factory());
    private final AtomicLong lastRoomMade = new AtomicLong(System.nanoTime() - PAUSE);
    private volatile @Nullable GuardedEndpoint endpoint;

    public Arrivals(ArrivalTimes times, MemoryBudget budget) {
        this.times = times;
        this.budget = budget;
        watch.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
        budget.arriving().onShortage(this::makeRoom);
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
        return new ArrivingRequest(request, arrival, budget, () -> byConnection.remove(connection, arrival));
    }

    @Nullable
    Arrival on(String connection) {
        return byConnection.get(connection);
    }

    /** Cuts off those whose bodies have been on their way for longest, since they hold memory that others need. */
    private void makeRoom() {
        GuardedEndpoint guarded = endpoint;
        long now = System.nanoTime();
        long last = lastRoomMade.get();
        if (guarded == null || now - last < PAUSE || !lastRoomMade.compareAndSet(last, now)) {
            return;
        }
        Map<String, Long> waiting = new HashMap<>();
        byConnection.forEach((connection, arrival) -> {
            Long from = arrival.waitingFrom();
            if (from != null && now - from > GuardedEndpoint.GRACE) {
                waiting.put(connection, from);
            }
        });
        Set<String> given = waiting.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .limit(1 + waiting.size() / 4)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        cut(given, CutOffException.Reason.CROWDED, guarded);
    }

    private void cut(Set<String> connections, CutOffException.Reason reason, GuardedEndpoint guarded) {
        connections.forEach(connection -> {
            Arrival arrival = byConnection.get(connection);
            if (arrival != null) {
                arrival.cut(reason);
            }
        });
        guarded.cut(connections);
    }

    private void look() {
        try {
            GuardedEndpoint guarded = endpoint;
            if (guarded == null) {
                return;
            }
            long now = System.nanoTime();
            Set<String> overdue = new HashSet<>();
            byConnection.forEach((connection, arrival) -> {
                if (arrival.cut() == null && arrival.isOverdue(now)) {
                    overdue.add(connection);
                }
            });
            cut(overdue, CutOffException.Reason.TOO_SLOW, guarded);
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
