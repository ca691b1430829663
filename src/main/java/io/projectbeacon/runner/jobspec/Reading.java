package io.projectbeacon.runner.jobspec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The result of reading a document. */
public sealed interface Reading {

    /** The document is a JobSpec. */
    record Accepted(NormalizedSpec spec) implements Reading {}

    /**
     * The bytes are not one JSON document that this service reads.
     *
     * @param detail the line, the column (both from 1) and the reason, for people; without the document's text
     */
    record Malformed(String detail) implements Reading {}

    /**
     * The document is JSON, but not a JobSpec that can be run.
     *
     * @param faults every broken rule, at least one; past 1,000 the last entry says how many more there are
     * @param asBefore the JobSpec as the first versions took it, when they did: a job that one of them has stored is
     *     still its job, but none is stored anew; null when they refused it too
     */
    record Invalid(List<Fault> faults, @Nullable NormalizedSpec asBefore) implements Reading {

        public Invalid {
            faults = List.copyOf(faults);
        }
    }
}
