package io.projectbeacon.runner.database;

import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.context.annotation.DependsOn;
import org.springframework.stereotype.Component;

/** Makes the service's {@link GroupCommit}s, and drains them when the process ends. */
@Component
// What an end needs is closed after this: the pool, and those that write once more what a batch could not.
@DependsOn({"dataSource", "uninterruptedWrites", "confirmedTransaction"})
public class GroupCommits {

    /** For each of them: by then the database has answered, or it is away. */
    private static final Duration LONGEST_DRAIN = Duration.ofSeconds(3);

    private final List<GroupCommit<?, ?>> all = new CopyOnWriteArrayList<>();

    /**
     * @param what for the log, in the plural: {@code claims}
     * @param together writes a batch of at least one request, in the order in which they came
     */
    public <Q, A> GroupCommit<Q, A> of(String what, GroupCommit.Batch<Q, A> together, GroupCommit.Bounds<Q> bounds) {
        GroupCommit<Q, A> made = new GroupCommit<>(what, together, bounds, Thread::startVirtualThread);
        all.add(made);
        return made;
    }

    @PreDestroy
    void drain() throws InterruptedException {
        // The last one made goes first: what a batch of claims finds still goes into the ledger, which was made before
        // it.
        for (GroupCommit<?, ?> group : all.reversed()) {
            group.drain(LONGEST_DRAIN);
        }
    }
}
