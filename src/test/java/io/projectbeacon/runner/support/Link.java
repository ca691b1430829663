package io.projectbeacon.runner.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A line to a server on this machine that a test can cut, or freeze so that nothing gets through and nothing closes. */
public final class Link implements AutoCloseable {

    private static final int BACKLOG = 64;

    private final InetSocketAddress server;
    private final ServerSocket listening;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object state = new Object();
    private volatile boolean cut;
    private boolean frozen;

    private Link(int serverPort) throws IOException {
        this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
        this.listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** A line to the server that listens on this port. */
    public static Link to(int serverPort) throws IOException {
        return new Link(serverPort);
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

    /** The line is as it was. What was sent while it was frozen arrives. */
    public void mend() {
        cut = false;
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
                Thread.ofVirtual().start(() -> copy(client, behind));
                Thread.ofVirtual().start(() -> copy(behind, client));
            } catch (IOException closed) {
                // The line, or the server behind it, is gone; the client notices by itself.
            }
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[8192];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                awaitThaw();
                out.write(buffer, 0, read);
            }
        } catch (IOException | InterruptedException closed) {
            // One end has closed; so does the other.
        }
    }

    private void awaitThaw() throws InterruptedException {
        synchronized (state) {
            while (frozen) {
                state.wait();
            }
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyClosed) {
            // Closed is what it should be.
        }
    }
}
