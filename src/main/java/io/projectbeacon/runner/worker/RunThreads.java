package io.projectbeacon.runner.worker;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;

/** Threads of a run, which are interrupted together; those that begin later begin interrupted. */
final class RunThreads {

    private final ThreadFactory threads;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private volatile boolean interrupted;

    /** @param prefix of the threads' names; a number follows */
    RunThreads(String prefix) {
        this.threads = Thread.ofVirtual().name(prefix, 0).factory();
    }

    void start(Runnable step) {
        threads.newThread(() -> run(step)).start();
    }

    /** Runs the step on the calling thread, as one of these. */
    void run(Runnable step) {
        Thread thread = Thread.currentThread();
        running.add(thread); // Before the look, so that one of the two interrupts it.
        try {
            if (interrupted) {
                thread.interrupt();
            }
            step.run();
        } finally {
            running.remove(thread);
        }
    }

    void interrupt() {
        interrupted = true;
        running.forEach(Thread::interrupt);
    }
}
