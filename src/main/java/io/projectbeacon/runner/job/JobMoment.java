package io.projectbeacon.runner.job;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A moment of the database, as its transactions tell it: which of them had ended then. Clocks of replicas play no part in it,
 * and a transaction that writes first and ends late is after the moment, as it is for any reader.
 *
 * @param snapshot as PostgreSQL writes a {@code pg_snapshot}: {@code xmin:xmax:}, and those between that were under way
 */
public record JobMoment(String snapshot) {

    private static final int RADIX = 36;
    private static final Pattern TEXT = Pattern.compile("[0-9a-z]{1,12}");

    /** Before all transactions that write rows; PostgreSQL keeps the numbers below for itself. */
    private static final long FIRST = 3;

    /** All transactions below this one had ended. */
    long floor() {
        return Long.parseLong(snapshot.substring(0, snapshot.indexOf(':')));
    }

    /** A short text from which a moment can be made that is this one or an earlier one. */
    public String text() {
        return Long.toString(floor(), RADIX);
    }

    /** The moment of a {@link #text}; empty when it is none. */
    public static Optional<JobMoment> of(String text) {
        if (!TEXT.matcher(text).matches()) {
            return Optional.empty();
        }
        return Optional.of(at(Math.max(FIRST, Long.parseLong(text, RADIX))));
    }

    /** A moment that is neither later than this one nor later than the other. */
    public JobMoment orEarlier(JobMoment other) {
        return equals(other) ? this : at(Math.min(floor(), other.floor()));
    }

    private static JobMoment at(long floor) {
        return new JobMoment(floor + ":" + floor + ":");
    }
}
