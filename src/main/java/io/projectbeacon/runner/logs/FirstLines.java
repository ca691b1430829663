package io.projectbeacon.runner.logs;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * The first ten lines of one kind about one job or run. Those past them are counted, and told in one line: a job may have
 * tens of thousands of cells, and each would write its own.
 */
public final class FirstLines {

    public static final int MOST = 10;

    private final AtomicInteger asked = new AtomicInteger();

    /** Whether one more line is to be written. */
    public boolean oneMore() {
        return asked.incrementAndGet() <= MOST;
    }

    /** @param line is given the number of lines that were left out; not called when there were none */
    public void rest(IntConsumer line) {
        int further = asked.get() - MOST;
        if (further > 0) {
            line.accept(further);
        }
    }
}
