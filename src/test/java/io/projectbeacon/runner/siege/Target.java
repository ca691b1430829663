package io.projectbeacon.runner.siege;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;

/** The service as an attacker sees it: a port. What it answers is counted. */
final class Target {

    private static final long DRIP_EVERY = 1_000_000_000L;

    private final InetSocketAddress address;
    private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();

    Target(int port) {
        this.address = new InetSocketAddress("localhost", port);
    }

    static String head(String path, String type) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\n";
    }

    static byte[] post(String path, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        byte[] head = (head(path, "application/json") + "Connection: close\r\nContent-Length: " + bytes.length
                        + "\r\n\r\n")
                .getBytes(US_ASCII);
        return ByteBuffer.allocate(head.length + bytes.length)
                .put(head)
                .put(bytes)
                .array();
    }

    /** How often each answer came, and each way in which none came. */
    Map<String, LongAdder> answers() {
        return answers;
    }

    private void count(String answer) {
        answers.computeIfAbsent(answer, name -> new LongAdder()).increment();
    }

    /** Sends a request and waits for the answer. */
    void send(byte[] request) {
        try (Socket socket = new Socket()) {
            socket.connect(address, 5_000);
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request);
            byte[] line = socket.getInputStream().readNBytes(12);
            count(line.length < 12 ? "closed" : new String(line, US_ASCII).substring(9));
            socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException broken) {
            count(broken.getClass().getSimpleName());
        }
    }

    /** Sends requests, so many at a time, until the time is over. */
    void repeat(int atOnce, HalfCore time, IntFunction<byte[]> requests) throws InterruptedException {
        Thread[] senders = new Thread[atOnce];
        for (int n = 0; n < atOnce; n++) {
            int sender = n;
            senders[n] = Thread.startVirtualThread(() -> {
                for (int sent = 0; !time.isOver(); sent++) {
                    time.await();
                    send(requests.apply(sender + sent * atOnce));
                }
            });
        }
        for (Thread sender : senders) {
            sender.join();
        }
    }

    /** Holds so many connections, on each of which the begin was sent; one that is closed is opened again. */
    void hold(int connections, HalfCore time, byte[] begin, byte[] drip) throws IOException {
        try (Selector selector = Selector.open()) {
            long dripped = System.nanoTime();
            while (!time.isOver()) {
                time.await();
                if (selector.keys().size() < connections) {
                    open(selector, begin);
                }
                boolean all = selector.keys().size() >= connections;
                selector.select(this::act, all ? 50 : 1);
                if (drip.length > 0 && System.nanoTime() - dripped > DRIP_EVERY) {
                    dripped = System.nanoTime();
                    selector.keys().forEach(key -> drip(key, drip));
                }
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        }
    }

    private void open(Selector selector, byte[] begin) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.connect(address);
        channel.register(selector, SelectionKey.OP_CONNECT, ByteBuffer.wrap(begin));
        count("opened");
    }

    private void act(SelectionKey key) {
        SocketChannel channel = (SocketChannel) key.channel();
        ByteBuffer begin = (ByteBuffer) key.attachment();
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_WRITE | SelectionKey.OP_READ);
            } else if (key.isReadable()) {
                ByteBuffer answer = ByteBuffer.allocate(12);
                int bytes = channel.read(answer);
                count(bytes < 12 ? "closed" : new String(answer.array(), US_ASCII).substring(9));
                channel.close();
            } else if (key.isWritable()) {
                channel.write(begin);
                if (!begin.hasRemaining()) {
                    key.interestOps(SelectionKey.OP_READ);
                }
            }
        } catch (IOException broken) {
            count(broken.getClass().getSimpleName());
            close(channel);
        }
    }

    private void drip(SelectionKey key, byte[] drip) {
        if (key.isValid() && key.interestOps() == SelectionKey.OP_READ) {
            try {
                ((SocketChannel) key.channel()).write(ByteBuffer.wrap(drip));
            } catch (IOException broken) {
                count(broken.getClass().getSimpleName());
                close((SocketChannel) key.channel());
            }
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException gone) {
            throw new java.io.UncheckedIOException(gone);
        }
    }
}
