package io.projectbeacon.runner.worker;

import org.springframework.stereotype.Component;

/** What this replica has under way, for who looks at it. */
@Component
public class OwnWork {

    /**
     * As it is now.
     *
     * @param enabled false: it only serves the API
     * @param jobs how many it runs
     * @param maxJobs how many it may run
     * @param takesMore whether it would start a further one: not while its jobs have many cells, or much text
     */
    public record Look(boolean enabled, int jobs, int maxJobs, boolean takesMore) {}

    private final RunningJobs running;
    private final WorkerProperties properties;

    OwnWork(RunningJobs running, WorkerProperties properties) {
        this.running = running;
        this.properties = properties;
    }

    public Look now() {
        return new Look(properties.enabled(), running.all().size(), properties.maxJobs(), running.takesMore());
    }
}
