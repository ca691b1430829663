package io.projectbeacon.runner.bench;

import java.time.Duration;
import java.util.List;

/** A system that executes a queue of prepared work, on a database of its own on the same server. */
interface Contender extends AutoCloseable {

    String name();

    /** Puts at least this many executions into the queue, while none is executed, and returns how many it put. */
    int fill(int executions);

    /** Executes the whole queue, and returns how long that took until the last end was durable. */
    Duration drain() throws Exception;

    /**
     * After a turn, when nothing is measured any more: stops what executes, fails unless all that was filled in has been
     * executed, and clears up the tables, so that the server's own cleaning does not fall into the next one's turn.
     */
    void rest() throws Exception;

    /** The processes of the contender itself, beside the servers that all share. */
    default List<Long> processes() {
        return List.of(ProcessHandle.current().pid());
    }

    @Override
    void close();
}
