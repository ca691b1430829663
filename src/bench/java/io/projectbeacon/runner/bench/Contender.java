package io.projectbeacon.runner.bench;

import java.time.Duration;

/** Somebody who executes a queue of prepared work, each on a database of its own on the same server. */
interface Contender extends AutoCloseable {

    String name();

    /** Puts at least so much work into the queue, while nothing is executed, and returns how much it was. */
    int fill(int executions);

    /** Executes all of it, and returns how long that took until the last end was durable. */
    Duration drain() throws Exception;

    @Override
    void close();
}
