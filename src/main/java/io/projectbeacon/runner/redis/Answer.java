package io.projectbeacon.runner.redis;

import org.springframework.dao.DataAccessException;

/** What one call of a script came to. */
public sealed interface Answer {

    /** The script was carried out, and answered with this number. */
    record Value(long number) implements Answer {}

    /** The script was refused, or no answer to it came; in the second case it may have been carried out. */
    record Refused(DataAccessException why) implements Answer {

        /** Whether the fault is the key's alone: it is of another type than the script takes. */
        public boolean isOfTheKey() {
            return RefusedCommand.reason(why)
                    .filter(reason -> reason.startsWith("WRONGTYPE"))
                    .isPresent();
        }
    }
}
