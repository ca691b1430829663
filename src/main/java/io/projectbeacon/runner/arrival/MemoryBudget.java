package io.projectbeacon.runner.arrival;

/**
 * How many bytes of heap all requests together may hold. What bodies hold while they come is a share of its own: a client
 * that sends half of a body and no more would otherwise take the memory in which others are read.
 */
public final class MemoryBudget {

    /** A body of this size is small: the last part of each share is kept for such ones. */
    public static final int SMALL_BODY = 16 * 1024;

    private static final int ARRIVING = 4;

    private final MemoryShare arriving;
    private final MemoryShare reading;

    /** @param bytes of both shares together */
    public MemoryBudget(long bytes) {
        this.arriving = new MemoryShare(bytes / ARRIVING);
        this.reading = new MemoryShare(bytes - bytes / ARRIVING);
    }

    /** For bodies as they have come, until they are answered. */
    public MemoryShare arriving() {
        return arriving;
    }

    /** For what whole bodies become when they are read and stored. */
    public MemoryShare reading() {
        return reading;
    }
}
