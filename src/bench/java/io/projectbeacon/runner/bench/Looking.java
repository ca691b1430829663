package io.projectbeacon.runner.bench;

import java.time.Duration;
import java.util.List;

/**
 * A contender at whose rows something is looked after each turn.
 *
 * @param look what is done when nothing is measured any more
 */
record Looking(Contender contender, Runnable look) implements Contender {

    @Override
    public String name() {
        return contender.name();
    }

    @Override
    public int fill(int executions) {
        return contender.fill(executions);
    }

    @Override
    public Duration drain() throws Exception {
        return contender.drain();
    }

    @Override
    public void rest() throws Exception {
        contender.rest();
        look.run();
    }

    @Override
    public List<Long> processes() {
        return contender.processes();
    }

    @Override
    public void close() {
        contender.close();
    }
}
