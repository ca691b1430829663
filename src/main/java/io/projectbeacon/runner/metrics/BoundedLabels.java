package io.projectbeacon.runner.metrics;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Labels for values: up to a bound of values are labelled with their own name, all others share one label. A label that
 * was not used for a while is freed when another value needs it, so that names which a client made up do not keep later
 * ones out until the restart. Values that are always kept have a label beside those.
 */
final class BoundedLabels {

    private final int bound;
    private final Set<String> kept;
    private final long retention;
    private final LongSupplier nanos;
    private final Consumer<String> freed;
    private final Map<String, AtomicLong> lastUse = new ConcurrentHashMap<>();
    /*
     * A label's use is not to be in the middle of its being freed: what is counted then would be on no scrape. The lock keeps
     * nothing for each thread that reads, since each cell has a thread of its own; so a use must not use another label.
     */
    private final ReadWriteLock lock = new StampedLock().asReadWriteLock();
    /* No label can be freed before this time, so that a flood of names does not look through all labels each time. */
    private volatile long nothingFreeBefore;

    /**
     * Labels of which none is in use yet.
     *
     * @param retention for how long an unused label is kept, in nanoseconds
     * @param nanos the time, in nanoseconds
     * @param freed is told each label that is freed
     */
    BoundedLabels(int bound, Collection<String> kept, long retention, LongSupplier nanos, Consumer<String> freed) {
        this.bound = bound;
        this.kept = Set.copyOf(kept);
        this.retention = retention;
        this.nanos = nanos;
        this.freed = freed;
        this.nothingFreeBefore = nanos.getAsLong();
    }

    /** Has a value's label used, which is not freed meanwhile. */
    void use(String value, Consumer<String> use) {
        long now = nanos.getAsLong();
        if (!useKnown(value, now, use)) {
            lock.writeLock().lock();
            try {
                use.accept(admit(value, now) ? value : JobSeries.OTHER);
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    private boolean useKnown(String value, long now, Consumer<String> use) {
        lock.readLock().lock();
        try {
            AtomicLong used = lastUse.get(value);
            if (value.equals(JobSeries.OTHER) || kept.contains(value)) {
                use.accept(value);
            } else if (used != null) {
                used.setPlain(now);
                use.accept(value);
            } else if (lastUse.size() >= bound && now - nothingFreeBefore < 0) {
                use.accept(JobSeries.OTHER);
            } else {
                return false;
            }
            return true;
        } finally {
            lock.readLock().unlock();
        }
    }

    private boolean admit(String value, long now) {
        if (lastUse.size() >= bound && !lastUse.containsKey(value) && !freeOldest(now)) {
            return false;
        }
        lastUse.put(value, new AtomicLong(now));
        return true;
    }

    private boolean freeOldest(long now) {
        Map.Entry<String, AtomicLong> oldest = null;
        for (Map.Entry<String, AtomicLong> label : lastUse.entrySet()) {
            if (oldest == null || label.getValue().get() - oldest.getValue().get() < 0) {
                oldest = label;
            }
        }
        if (oldest == null) {
            return false;
        }
        long used = oldest.getValue().get();
        if (now - used < retention) {
            nothingFreeBefore = used + retention;
            return false;
        }
        lastUse.remove(oldest.getKey());
        freed.accept(oldest.getKey());
        return true;
    }
}
