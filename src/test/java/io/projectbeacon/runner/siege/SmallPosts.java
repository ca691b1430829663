package io.projectbeacon.runner.siege;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A client of good will: one small job each 100 ms, each on a connection of its own. */
final class SmallPosts {

    private static final byte[] REQUEST = Target.post(
            "/api/v1/jobs", "{\"models\":[\"small\"],\"regions\":[\"us-east\"],\"prompt\":\"Who are you?\"}");

    /** @param second of the round in which it was begun */
    private record Post(String answer, long second, long nanos) {}

    /**
     * What came of them.
     *
     * @param accepted the share that was answered 202
     * @param p99 of all of them, those that failed included
     * @param refused how many were not answered 202, by the ten seconds in which they were begun
     */
    record Report(
            int posts,
            double accepted,
            Duration p99,
            Duration longest,
            Map<String, Long> answers,
            Map<Long, Long> refused) {}

    private final InetSocketAddress address;
    private final Queue<Post> posts = new ConcurrentLinkedQueue<>();
    private final long begin = System.nanoTime();

    SmallPosts(int port) {
        this.address = new InetSocketAddress("localhost", port);
    }

    Report sendFor(Duration lasts) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
            clock.scheduleAtFixedRate(() -> threads.submit(this::send), 0, 100, TimeUnit.MILLISECONDS);
            clock.schedule(clock::shutdownNow, lasts.toMillis(), TimeUnit.MILLISECONDS);
            clock.awaitTermination(lasts.toSeconds() + 10, TimeUnit.SECONDS);
        }
        return report();
    }

    private void send() {
        long begun = System.nanoTime();
        String answer;
        try (Socket socket = new Socket()) {
            socket.connect(address, 10_000);
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(REQUEST);
            String line = new String(socket.getInputStream().readNBytes(12), US_ASCII);
            answer = line.length() < 12 ? "closed" : line.substring(9);
        } catch (IOException broken) {
            answer = broken.toString();
        }
        posts.add(new Post(answer, TimeUnit.NANOSECONDS.toSeconds(begun - begin), System.nanoTime() - begun));
    }

    private Report report() {
        long[] nanos = posts.stream().mapToLong(Post::nanos).sorted().toArray();
        Map<String, Long> answers =
                posts.stream().collect(Collectors.groupingBy(Post::answer, TreeMap::new, Collectors.counting()));
        return new Report(
                nanos.length,
                answers.getOrDefault("202", 0L) / (double) nanos.length,
                Duration.ofNanos(nanos[(int) (nanos.length * 0.99)]),
                Duration.ofNanos(nanos[nanos.length - 1]),
                answers,
                posts.stream()
                        .filter(post -> !post.answer().equals("202"))
                        .collect(Collectors.groupingBy(
                                post -> post.second() / 10 * 10, TreeMap::new, Collectors.counting())));
    }
}
