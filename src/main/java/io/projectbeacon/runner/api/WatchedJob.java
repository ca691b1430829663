package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.job.JobChanges;
import io.projectbeacon.runner.job.JobMoment;
import java.util.ArrayList;
import java.util.List;

/**
 * A job with those of its listeners that have been told of the same changes. What was told is not kept for it: the moment says
 * it of all cells. The thread that looks is the only one that changes it.
 */
final class WatchedJob {

    private final JobName name;
    private final long jobId;
    private final int cells;
    private final List<EventStream> streams = new ArrayList<>(1);
    private JobMoment since;

    /** @param since what the listener has been told of */
    WatchedJob(JobName name, long jobId, int cells, JobMoment since, EventStream stream) {
        this.name = name;
        this.jobId = jobId;
        this.cells = cells;
        this.since = since;
        streams.add(stream);
    }

    JobName name() {
        return name;
    }

    long jobId() {
        return jobId;
    }

    /** How many rows a look at it reads, at most. */
    int cells() {
        return cells;
    }

    JobMoment since() {
        return since;
    }

    JobChanges.Watched watched() {
        return new JobChanges.Watched(jobId, since);
    }

    void toldUntil(JobMoment moment) {
        since = moment;
    }

    /** Takes in the listeners of another one of the same job; all are told what any of them has not been told yet. */
    WatchedJob with(WatchedJob other) {
        streams.addAll(other.streams);
        since = since.orEarlier(other.since);
        return this;
    }

    void tell(EventFrame frame) {
        streams.forEach(stream -> stream.tell(frame));
    }

    void end() {
        streams.forEach(EventStream::end);
    }

    /** Forgets listeners that have gone. */
    boolean hasListeners() {
        streams.removeIf(EventStream::isOver);
        return !streams.isEmpty();
    }
}
