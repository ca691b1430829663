package io.projectbeacon.runner.arrival;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.apache.coyote.AbstractProcessor;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's connections. When there are nearly as many as there may be, those that have waited for bytes for longest make room:
 * with Tomcat's own bound, clients that send nothing would keep all others waiting.
 *
 * <p>A connection is given up by closing its input only. Its reader wakes up as at the end of the input, and closes the
 * connection as it always does; closing it under the reader's hands would leave the reader waiting.
 */
public class GuardedEndpoint extends NioEndpoint {

    /** A request that has been on its way for less is not given up for another. */
    static final long GRACE = Duration.ofSeconds(1).toNanos();

    /** Between two times of making room, so that what was given up has been closed before it is counted again. */
    private static final long PAUSE = Duration.ofMillis(50).toNanos();

    /** A connection has one of each from its begin, and a request a third one of the size of the first. */
    private static final int READ_BUFFER = 2 * 1024;

    private static final int WRITE_BUFFER = 4 * 1024;

    private static final long MILLI = Duration.ofMillis(1).toNanos();

    /** A connection that only waits for bytes, and since when. */
    private record Waiting(
            NioSocketWrapper connection, @Nullable Arrival body, long since) {}

    private volatile @Nullable Arrivals arrivals;
    private long lastRoomMade = System.nanoTime() - PAUSE;

    protected GuardedEndpoint() {
        socketProperties.setAppReadBufSize(READ_BUFFER);
        socketProperties.setAppWriteBufSize(WRITE_BUFFER);
    }

    void guardFor(Arrivals arrivals) {
        this.arrivals = arrivals;
    }

    /** Called by the one thread that accepts connections. */
    @Override
    protected boolean setSocketOptions(SocketChannel socket) {
        long now = System.nanoTime();
        int bound = getMaxConnections() - getMaxConnections() / 8;
        if (getMaxConnections() > 0 && connections.size() >= bound && now - lastRoomMade >= PAUSE) {
            lastRoomMade = now;
            makeRoom(connections.size() - bound + 1 + bound / 8, now);
        }
        return super.setSocketOptions(socket);
    }

    private void makeRoom(int wanted, long now) {
        List<Waiting> waiting = new ArrayList<>();
        for (SocketWrapperBase<NioChannel> connection : getConnections()) {
            Waiting found = waiting((NioSocketWrapper) connection, now);
            if (found != null && now - found.since() > GRACE) {
                waiting.add(found);
            }
        }
        waiting.sort(Comparator.comparingLong(Waiting::since));
        for (Waiting given : waiting.subList(0, Math.min(wanted, waiting.size()))) {
            if (given.body() != null) {
                given.body().cut(CutOffException.Reason.CROWDED);
            }
            closeInput(given.connection());
        }
    }

    private @Nullable Waiting waiting(NioSocketWrapper connection, long now) {
        Arrivals all = arrivals;
        Arrival body = all == null ? null : all.on(id(connection));
        Long from = body == null ? null : body.waitingFrom();
        if (from != null) {
            return new Waiting(connection, body, from);
        }
        // Tomcat holds the lock while a request is worked on.
        if (connection.getLock().isLocked()) {
            return null;
        }
        Long head = beginOfHead(connection);
        long idle = (System.currentTimeMillis() - connection.getLastRead()) * MILLI;
        return new Waiting(connection, null, head == null ? now - idle : head);
    }

    /** When the first byte of a request came whose head is not whole yet; null when there is none. */
    private static @Nullable Long beginOfHead(NioSocketWrapper connection) {
        long begin = connection.getCurrentProcessor() instanceof AbstractProcessor reading
                ? reading.getRequest().getStartTimeNanos()
                : -1;
        return begin <= 0 ? null : Long.valueOf(begin);
    }

    void cutSlowHeads(long begunBefore) {
        for (SocketWrapperBase<NioChannel> connection : getConnections()) {
            NioSocketWrapper open = (NioSocketWrapper) connection;
            Long begin = open.getLock().isLocked() ? null : beginOfHead(open);
            if (begin != null && begin - begunBefore < 0) {
                closeInput(open);
            }
        }
    }

    void cut(Set<String> ids) {
        if (ids.isEmpty()) {
            return;
        }
        for (SocketWrapperBase<NioChannel> connection : getConnections()) {
            if (ids.contains(id(connection))) {
                closeInput(connection);
            }
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
