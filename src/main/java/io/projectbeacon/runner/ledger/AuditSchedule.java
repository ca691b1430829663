package io.projectbeacon.runner.ledger;

import java.time.Duration;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.config.FixedDelayTask;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;
import org.springframework.stereotype.Component;

/** Runs the audit soon after the start, and then at each interval; so, too, each step of the walk over the executions. */
@Component
class AuditSchedule implements SchedulingConfigurer {

    private static final Duration SOON = Duration.ofSeconds(5);

    private final Audit audit;
    private final ExecutionsWithoutJob withoutJob;
    private final Duration interval;

    AuditSchedule(Audit audit, ExecutionsWithoutJob withoutJob, AuditProperties properties) {
        this.audit = audit;
        this.withoutJob = withoutJob;
        this.interval = properties.interval();
    }

    @Override
    public void configureTasks(ScheduledTaskRegistrar tasks) {
        Duration first = interval.compareTo(SOON) < 0 ? interval : SOON;
        tasks.addFixedDelayTask(new FixedDelayTask(audit::look, interval, first));
        tasks.addFixedDelayTask(new FixedDelayTask(withoutJob::look, interval, first));
    }
}
