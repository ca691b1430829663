package io.projectbeacon.runner.domain;

import java.util.Arrays;
import java.util.Optional;

/**
 * What a caller may do. An operator may do all that a submitter may, and a submitter all that a viewer may. The role of
 * metrics stands alone: a scraper sees no job, and a role that sees jobs does not scrape.
 */
public enum Role {
    /** Reads jobs, their cells and the ledger. */
    VIEWER,
    /** Submits, cancels and retries jobs, and erases what is in them. */
    SUBMITTER,
    /** Sees the jobs of all callers, and reads what the service says of itself. */
    OPERATOR,
    /** Scrapes the meters. */
    METRICS;

    public String wireName() {
        return WireName.of(this);
    }

    /** The role of that name, compared exactly; empty when there is none. */
    public static Optional<Role> ofWireName(String name) {
        return Arrays.stream(values())
                .filter(role -> role.wireName().equals(name))
                .findFirst();
    }

    /** Whether this role is enough where {@code needed} is asked for. */
    public boolean includes(Role needed) {
        return this == needed || (this != METRICS && needed != METRICS && compareTo(needed) > 0);
    }
}
