package io.projectbeacon.runner.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A line to a local server that a test can cut, or freeze so that no data passes and no connection closes. */
public final class Link implements AutoCloseable {

    private static final int BACKLOG = 64;
    private static final Pattern PORT = Pattern.compile(":(\\d+)/");

    private volatile InetSocketAddress server;
    private final ServerSocket listening;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object state = new Object();
    private volatile boolean cut;
    private volatile Duration delay = Duration.ZERO;
    private boolean frozen;
    private int connections;
    private int forgotten;
    private @Nullable String lostAnswer;
    private boolean cutAfterwards;

    private Link(int serverPort) throws IOException {
        this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
        this.listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** A line to the server that listens on this port. */
    public static Link to(int serverPort) throws IOException {
        return new Link(serverPort);
    }

    /** The URL of a server on this machine, as it is reached over this line. */
    public String over(String url) {
        return url.replace(":" + server.getPort(), ":" + port());
    }

    /** The port of a server on this machine, by its URL. */
    public static int portOf(String url) {
        Matcher port = PORT.matcher(url);
        if (!port.find()) {
            throw new IllegalArgumentException("no port in " + url);
        }
        return Integer.parseInt(port.group(1));
    }

    /** From now on new connections lead to the server that listens on this port; present ones stay where they are. */
    public void leadTo(int serverPort) {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
    }

    /** The port to connect to instead of the server's. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Closes all connections, and each new one at once. */
    public void cut() {
        cut = true;
        sockets.forEach(Link::close);
    }

    /** Connections stay open and nothing gets through. */
    public void freeze() {
        synchronized (state) {
            frozen = true;
        }
    }

    /** Present connections stay open, and nothing gets through them any more; new connections work. */
    public void forget() {
        synchronized (state) {
            forgotten = connections;
        }
    }

    /**
     * The next answer of the server that contains this text is lost, and its connection with it.
     *
     * @param cut whether the line is cut from then on
     */
    public void loseAnswer(String text, boolean cut) {
        synchronized (state) {
            lostAnswer = text;
            cutAfterwards = cut;
        }
    }

    /** Whether the answer that {@link #loseAnswer} waits for has come and was lost. */
    public boolean hasLostAnswer() {
        synchronized (state) {
            return lostAnswer == null;
        }
    }

    /** Delays all data by this time from now on, each way. */
    public void slow(Duration delay) {
        this.delay = delay;
    }

    /** Undoes cut, freeze and delay. Data that was sent while the line was frozen arrives. */
    public void mend() {
        cut = false;
        delay = Duration.ZERO;
        synchronized (state) {
            frozen = false;
            state.notifyAll();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
        mend();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                sockets.add(client);
                if (cut) {
                    close(client);
                    continue;
                }
                Socket behind = new Socket();
                sockets.add(behind);
                behind.connect(server);
                int number = nextConnection();
                Thread.ofVirtual().start(() -> copy(client, behind, number, false));
                Thread.ofVirtual().start(() -> copy(behind, client, number, true));
            } catch (IOException closed) {
                // The line, or the server behind it, is gone; the client notices by itself.
            }
        }
    }

    private int nextConnection() {
        synchronized (state) {
            return connections++;
        }
    }

    private void copy(Socket from, Socket to, int number, boolean answers) {
        byte[] buffer = new byte[8192];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                awaitThaw(number);
                if (delay.isPositive()) {
                    Thread.sleep(delay);
                }
                if (answers && isLost(new String(buffer, 0, read, StandardCharsets.ISO_8859_1))) {
                    return;
                }
                out.write(buffer, 0, read);
            }
        } catch (IOException | InterruptedException closed) {
            // One end has closed, so the other is closed too.
        }
    }

    private boolean isLost(String answer) {
        synchronized (state) {
            if (lostAnswer == null || !answer.contains(lostAnswer)) {
                return false;
            }
            if (cutAfterwards) {
                cut();
            }
            lostAnswer = null;
            return true;
        }
    }

    private void awaitThaw(int number) throws InterruptedException {
        synchronized (state) {
            while (frozen || (number < forgotten && !listening.isClosed())) {
                state.wait();
            }
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyClosed) {
            // The socket is closed, as wanted.
        }
    }
}
