package io.projectbeacon.runner.arrival;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.coyote.AbstractProcessor;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's connections. When there are nearly as many as there may be, those that have waited for bytes for longest make room:
 * with Tomcat's own bound, clients that send nothing would keep all others waiting.
 *
 * <p>A connection is given up by closing its input only. Its reader wakes up as at the end of the input, and closes the
 * connection as it always does; closing it under the reader's hands would leave the reader waiting.
 */
final class GuardedEndpoint extends LoopbackEndpoint {

    /** A request that has been on its way for less is not given up for another. With more, a flood of begun ones would fill all. */
    static final long GRACE = Duration.ofMillis(300).toNanos();

    /** Between two times of making room, so that what was given up has been closed before it is counted again. */
    private static final long PAUSE = Duration.ofMillis(50).toNanos();

    /**
     * A connection has one of each from its begin, and a request a third one of the size of the first. Smaller ones to read
     * into would take less, but more time for each byte of a body than its sender needs.
     */
    private static final int READ_BUFFER = 4 * 1024;

    private static final int WRITE_BUFFER = 2 * 1024;

    /** One connection in so many may be one of whose request a part of the head has come, which takes its buffers. */
    private static final int HEADS = 6;

    private static final long MILLI = Duration.ofMillis(1).toNanos();

    /** A connection that only waits for bytes, and since when. */
    private record Waiting(
            NioSocketWrapper connection, @Nullable Arrival body, long since) {}

    private volatile @Nullable Arrivals arrivals;
    private long lastRoomMade = System.nanoTime() - PAUSE;

    GuardedEndpoint() {
        socketProperties.setAppReadBufSize(READ_BUFFER);
        socketProperties.setAppWriteBufSize(WRITE_BUFFER);
    }

    void guardFor(Arrivals arrivals) {
        this.arrivals = arrivals;
    }

    /** Called by the one thread that accepts connections, which waits while there are as many as there may be. */
    @Override
    protected boolean setSocketOptions(SocketChannel socket) {
        makeRoomIfCrowded();
        return super.setSocketOptions(socket);
    }

    /** Makes room when seven eighths are taken; from whichever thread, as the one that accepts may be waiting for room. */
    synchronized void makeRoomIfCrowded() {
        long now = System.nanoTime();
        int bound = getMaxConnections() - getMaxConnections() / 8;
        if (getMaxConnections() > 0 && connections.size() >= bound && now - lastRoomMade >= PAUSE) {
            lastRoomMade = now;
            makeRoom(connections.size() - bound + 1 + bound / 4, now);
        }
    }

    private void makeRoom(int wanted, long now) {
        List<Waiting> waiting = new ArrayList<>();
        for (SocketWrapperBase<NioChannel> connection : connections.values()) {
            Waiting found = waiting((NioSocketWrapper) connection, now);
            if (found != null && now - found.since() > GRACE) {
                waiting.add(found);
            }
        }
        waiting.sort(Comparator.comparingLong(Waiting::since));
        waiting.stream()
                .filter(late -> !hasUnread(late.connection()))
                .limit(wanted)
                .forEach(late -> cut(late.connection(), late.body(), CutOffException.Reason.CROWDED));
    }

    private @Nullable Waiting waiting(NioSocketWrapper connection, long now) {
        Arrivals all = arrivals;
        Arrival body = all == null ? null : all.on(id(connection));
        Long from = body == null ? null : body.waitingFrom();
        if (from != null) {
            return new Waiting(connection, body, from);
        }
        // Tomcat holds the lock while a request is worked on.
        if (connection.getLock().isLocked() || isListening(connection)) {
            return null;
        }
        Long head = beginOfHead(connection);
        long idle = (System.currentTimeMillis() - connection.getLastRead()) * MILLI;
        return new Waiting(connection, null, head == null ? now - idle : head);
    }

    /** Whether its request is being answered without a thread, with events as they come. */
    private static boolean isListening(NioSocketWrapper connection) {
        return connection.getCurrentProcessor() instanceof AbstractProcessor answering && answering.isAsync();
    }

    /** When the first byte of a request came whose head is not whole yet; null when there is none. */
    private static @Nullable Long beginOfHead(NioSocketWrapper connection) {
        long begin = connection.getCurrentProcessor() instanceof AbstractProcessor reading
                ? reading.getRequest().getStartTimeNanos()
                : -1;
        return begin <= 0 ? null : Long.valueOf(begin);
    }

    /** Gives up heads that began before, and the oldest of the others when they are too many. */
    void cutSlowHeads(long begunBefore) {
        long now = System.nanoTime();
        List<Waiting> heads = new ArrayList<>();
        for (SocketWrapperBase<NioChannel> connection : connections.values()) {
            NioSocketWrapper open = (NioSocketWrapper) connection;
            Long begin = open.getLock().isLocked() || isListening(open) ? null : beginOfHead(open);
            if (begin != null) {
                heads.add(new Waiting(open, null, begin));
            }
        }
        heads.sort(Comparator.comparingLong(Waiting::since));
        int tooMany = heads.size() - getMaxConnections() / HEADS;
        for (int n = 0; n < heads.size(); n++) {
            Waiting head = heads.get(n);
            boolean crowded = n < tooMany && now - head.since() > GRACE;
            if ((crowded || head.since() - begunBefore < 0) && !hasUnread(head.connection())) {
                closeInput(head.connection());
            }
        }
    }

    /** Gives up those of the bodies, by connection, of which nothing has come that is only not read yet. */
    void cut(Map<String, Arrival> bodies, CutOffException.Reason reason) {
        if (bodies.isEmpty()) {
            return;
        }
        for (SocketWrapperBase<NioChannel> connection : connections.values()) {
            Arrival body = bodies.get(id(connection));
            if (body != null && !hasUnread(connection)) {
                cut(connection, body, reason);
            }
        }
    }

    private static void cut(
            SocketWrapperBase<NioChannel> connection, @Nullable Arrival body, CutOffException.Reason reason) {
        if (body != null) {
            body.cut(reason);
        }
        closeInput(connection);
    }

    /** Whether bytes are there already, and this service is what they wait for. */
    private static boolean hasUnread(SocketWrapperBase<NioChannel> connection) {
        return hasUnread(connection.getSocket().getIOChannel());
    }

    static boolean hasUnread(@Nullable SocketChannel socket) {
        try {
            return socket != null && socket.socket().getInputStream().available() > 0;
        } catch (IOException closed) {
            return false;
        }
    }

    /** As Tomcat's own processor asks for it. */
    private static String id(SocketWrapperBase<NioChannel> connection) {
        return connection.getServletConnection("http/1.1", "").getConnectionId();
    }

    private static void closeInput(SocketWrapperBase<NioChannel> connection) {
        SocketChannel socket = connection.getSocket().getIOChannel();
        if (socket != null) {
            try {
                socket.shutdownInput();
            } catch (IOException closed) {
                // It has gone by itself.
            }
        }
    }
}
