package io.projectbeacon.runner.security;

import io.projectbeacon.runner.arrival.GuardedEndpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Accepts on 127.0.0.1 and ::1, at one port and under one limit of connections; a socket has one address, and
 * {@code localhost} means either. A second connector would double the limits that the heap is counted by, and would know
 * nothing of the first one's TLS.
 */
final class LoopbackEndpoint extends GuardedEndpoint {

    static final InetAddress IPV4 = address("127.0.0.1");
    private static final InetAddress IPV6 = address("::1");

    private final List<ServerSocketChannel> sockets = new ArrayList<>();
    private @Nullable Selector selector;

    @Override
    protected void initServerSocket() throws Exception {
        super.initServerSocket();
        ServerSocketChannel ipv4 = (ServerSocketChannel) getServerSocket();
        sockets.add(ipv4);
        if (NetworkInterface.getByInetAddress(IPV6) != null) {
            ServerSocketChannel ipv6 = ServerSocketChannel.open(StandardProtocolFamily.INET6);
            sockets.add(ipv6);
            ipv6.bind(new InetSocketAddress(IPV6, ipv4.socket().getLocalPort()), getAcceptCount());
        }
        selector = Selector.open();
        for (ServerSocketChannel socket : sockets) {
            socket.configureBlocking(false);
            socket.register(selector, SelectionKey.OP_ACCEPT);
        }
    }

    @Override
    protected SocketChannel serverSocketAccept() throws IOException {
        while (true) {
            for (ServerSocketChannel socket : sockets) {
                SocketChannel accepted = socket.accept();
                if (accepted != null) {
                    // The other address is asked first next time, so that neither can keep the other one waiting.
                    Collections.reverse(sockets);
                    return accepted;
                }
            }
            ready().select();
            ready().selectedKeys().clear();
        }
    }

    private Selector ready() throws IOException {
        Selector open = selector;
        if (open == null) {
            throw new IOException("the server socket is not open");
        }
        return open;
    }

    @Override
    protected void doCloseServerSocket() throws IOException {
        for (ServerSocketChannel socket : sockets) {
            socket.close();
        }
        sockets.clear();
        if (selector != null) {
            selector.close();
            selector = null;
        }
        super.doCloseServerSocket();
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address in digits is looked up nowhere", e);
        }
    }
}
