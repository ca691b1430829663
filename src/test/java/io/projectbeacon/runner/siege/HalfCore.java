package io.projectbeacon.runner.siege;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Lets all attackers of this process together have half a core, until their time is over. */
final class HalfCore {

    private static final double SHARE = 0.5;
    private static final long PAUSE = Duration.ofMillis(5).toNanos();

    private final OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final long begun = System.nanoTime();
    private final long usedBefore = process.getProcessCpuTime();
    private final long lasts;

    HalfCore(Duration lasts) {
        this.lasts = lasts.toNanos();
    }

    boolean isOver() {
        return System.nanoTime() - begun > lasts;
    }

    /** Comes back when less than the share has been used. */
    void await() {
        while (share() > SHARE && !isOver()) {
            LockSupport.parkNanos(PAUSE);
        }
    }

    /** Of a core, until now. */
    double share() {
        return (double) (process.getProcessCpuTime() - usedBefore) / (System.nanoTime() - begun);
    }
}
