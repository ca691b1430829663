package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.job.CellChange;
import io.projectbeacon.runner.job.JobChanges;
import io.projectbeacon.runner.job.JobMoment;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Looks at all jobs that have listeners with one statement, and tells their listeners. Each look begins where the one before
 * ended, or where the client's last one did, on whichever replica that was.
 */
@Component
class EventWatch {

    private static final Logger log = LoggerFactory.getLogger(EventWatch.class);

    /**
     * A look reads the rows of all cells of the jobs that it looks at. When there are more, jobs have their turns, and are looked
     * at every few seconds.
     */
    private static final int CELLS_A_LOOK = 50_000;

    private final JobChanges changes;
    private final Jobs jobs;
    private final EventText text;
    private final MemoryShare memory;
    private final OutageLog outage = new OutageLog(log);
    private final Queue<WatchedJob> coming = new ConcurrentLinkedQueue<>();
    private List<WatchedJob> watched = new ArrayList<>();

    EventWatch(JobChanges changes, Jobs jobs, EventText text, MemoryBudget budget) {
        this.changes = changes;
        this.jobs = jobs;
        this.text = text;
        this.memory = budget.reading();
    }

    void add(WatchedJob job) {
        coming.add(job);
    }

    /** To be called by one thread. */
    void look() {
        takeComing();
        watched.removeIf(job -> !job.hasListeners());
        List<WatchedJob> turn = turn();
        if (turn.isEmpty()) {
            return;
        }
        JobChanges.Look look;
        try {
            look = changes.look(turn.stream().map(WatchedJob::watched).toList());
            outage.back("Listeners to jobs are told of changes again");
        } catch (DataAccessException | TransactionException away) {
            outage.away("Listeners to jobs are told of no changes until the database is back, and then of all", away);
            return;
        }
        Map<Long, WatchedJob> told = new LinkedHashMap<>();
        List<WatchedJob> next = new ArrayList<>(watched.subList(turn.size(), watched.size()));
        for (int n = 0; n < turn.size(); n++) {
            WatchedJob job = turn.get(n);
            if (tell(job, look.jobs().get(n), look.moment())) {
                told.merge(job.jobId(), job, WatchedJob::with);
            } else {
                next.add(job);
            }
        }
        next.addAll(told.values());
        watched = next;
    }

    /** Those that come to one job together are looked at together, from the earliest moment of all of them. */
    private void takeComing() {
        Map<Long, WatchedJob> byJob = new LinkedHashMap<>();
        for (WatchedJob job = coming.poll(); job != null; job = coming.poll()) {
            byJob.merge(job.jobId(), job, WatchedJob::with);
        }
        watched.addAll(byJob.values());
    }

    private List<WatchedJob> turn() {
        int jobsOfTurn = 0;
        long cells = 0;
        while (jobsOfTurn < watched.size() && (jobsOfTurn == 0 || cells <= CELLS_A_LOOK)) {
            cells += watched.get(jobsOfTurn++).cells();
        }
        return List.copyOf(watched.subList(0, jobsOfTurn));
    }

    /** @return whether the listeners have been told; otherwise the next look begins where this one did */
    private boolean tell(WatchedJob job, JobChanges.Changed changed, JobMoment moment) {
        try {
            JobView ended = isEnded(changed.status()) ? jobs.find(job.name()).orElse(null) : null;
            tellCells(job, changed.cells(), moment);
            job.toldUntil(moment);
            if (changed.status() == null) {
                job.end(); // Retention has deleted it.
            } else if (ended != null && isEnded(JobStatus.of(ended.status()))) {
                tell(job, text.done(ended, moment));
                job.end();
            }
            return true;
        } catch (DataAccessException | TransactionException away) {
            log.debug("A job that has ended could not be read; its listeners are told at the next look", away);
            return false;
        } catch (NoRoomException full) {
            job.end(); // They come again, with the last id that they have seen.
            return true;
        } catch (RuntimeException broken) {
            log.error("The listeners to a job could not be told of its changes; their streams end", broken);
            job.end();
            return true;
        }
    }

    private static boolean isEnded(@Nullable JobStatus status) {
        return status != null && status.isFinal();
    }

    private void tellCells(WatchedJob job, List<CellChange> cells, JobMoment moment) {
        if (!cells.isEmpty()) {
            tell(job, text.cells(cells, job.since(), moment));
        }
    }

    private void tell(WatchedJob job, byte[] events) {
        EventFrame frame = EventFrame.of(events, memory);
        try {
            job.tell(frame);
        } finally {
            frame.release();
        }
    }
}
