package io.projectbeacon.runner.job;

/** What jobs put into the queue: their cells, and the bytes of their texts. */
record Load(long cells, long bytes) {

    static final Load NONE = new Load(0, 0);

    static Load of(NewJob job) {
        return new Load(job.cells(), utf8Bytes(job.received()) + utf8Bytes(job.content()));
    }

    private static long utf8Bytes(String text) {
        // Half of a surrogate pair, which has four bytes, stands for two.
        return text.chars()
                .mapToLong(c -> c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate((char) c) ? 2 : 3)
                .sum();
    }

    Load plus(Load other) {
        return new Load(cells + other.cells, bytes + other.bytes);
    }

    Load minus(Load other) {
        return new Load(cells - other.cells, bytes - other.bytes);
    }

    Load dividedBy(int parts) {
        return new Load(cells / parts, bytes / parts);
    }
}
