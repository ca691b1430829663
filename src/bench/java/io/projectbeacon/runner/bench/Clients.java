package io.projectbeacon.runner.bench;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/** Sixteen clients that each send their next request when the last was answered. */
final class Clients {

    static final int CLIENTS = 16;

    /** @param millis how long each request took, in no order */
    record Sent(double[] millis, double seconds) {

        double rate() {
            return millis.length / seconds;
        }
    }

    private Clients() {}

    /** @param request sends the request of this number, from 0, or returns false if there is none to send any more */
    static Sent send(IntPredicate request) throws Exception {
        AtomicInteger numbers = new AtomicInteger();
        Queue<Double> millis = new ConcurrentLinkedQueue<>();
        long begin = System.nanoTime();
        Parallel.run(CLIENTS, client -> {
            long start = System.nanoTime();
            while (request.test(numbers.getAndIncrement())) {
                long end = System.nanoTime();
                millis.add((end - start) / 1e6);
                start = end;
            }
        });
        double seconds = (System.nanoTime() - begin) / 1e9;
        return new Sent(millis.stream().mapToDouble(Double::doubleValue).toArray(), seconds);
    }
}
