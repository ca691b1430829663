package io.projectbeacon.runner.bench;

import java.time.Duration;

/** A system that executes a queue of prepared work, on a database of its own on the same server. */
interface Contender extends AutoCloseable {

    String name();

    /** Puts at least this many executions into the queue, while none is executed, and returns how many it put. */
    int fill(int executions);

    /** Executes the whole queue, and returns how long that took until the last end was durable. */
    Duration drain() throws Exception;

    @Override
    void close();
}
