package io.projectbeacon.runner.ledger;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code beacon.audit}: how often the rows of executions are compared with the ledger, and the walk that looks for those
 * without a job goes a step on.
 *
 * @param interval from the end of one audit to the next; the first comes within seconds of the start
 */
@ConfigurationProperties("beacon.audit")
record AuditProperties(@DefaultValue("1m") Duration interval) {

    AuditProperties {
        if (!interval.isPositive()) {
            throw new IllegalArgumentException("beacon.audit.interval must be longer than zero, but is " + interval);
        }
    }
}
