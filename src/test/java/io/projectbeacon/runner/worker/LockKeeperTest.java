package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.Run;
import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;

/** The lock that Redis lost, and the run that has been replaced meanwhile, step by step. */
class LockKeeperTest {

    private RunnerApp app;
    private JobQueue queue;
    private JobLocks locks;
    private JobRun run;
    private HeldLock lock;

    @BeforeEach
    void aRunThatHoldsItsLock() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false");
        queue = app.bean(JobQueue.class);
        locks = app.bean(JobLocks.class);
        app.submit("{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}");
        lock = locks.tryAcquire(List.of(1L)).getFirst();
        StartedJob started = queue.start(queue.next(1)).getFirst();
        run = new JobRun(started, lock, app.bean(CellRunner.class), app.bean(RegionLimits.class));
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private LockKeeper keeper(JobQueue asked) {
        return new LockKeeper(locks, asked, new LockProperties(Duration.ofSeconds(30)));
    }

    private boolean locked() {
        return locks.locked(List.of(1L)).contains(1L);
    }

    /** What another runner's sweeper does to the job. */
    private void takenBack() {
        assertThat(queue.takeBack(new JobQueue.Running(1, run.run().fence()))).isTrue();
    }

    @Test
    void a_lock_that_redis_lost_is_set_again_while_the_job_is_still_this_runs() {
        locks.release(lock);
        keeper(queue).renew(List.of(run));
        assertThat(locked()).isTrue();
        assertThat(run.isLost()).isFalse();
    }

    @Test
    void a_runner_that_has_been_replaced_does_not_set_its_lock_again() {
        locks.release(lock);
        takenBack();
        keeper(queue).renew(List.of(run));
        assertThat(locked()).isFalse();
        assertThat(run.isLost()).isTrue();
    }

    @Test
    void a_lock_that_was_set_again_just_as_the_runner_was_replaced_is_given_back_and_the_job_runs() {
        locks.release(lock);
        JobQueue replacedAfterTheQuestion = new AskedQueue(queue, this::takenBack);
        keeper(replacedAfterTheQuestion).renew(List.of(run));
        // Its lock now keeps others off a job that is not its own any more.
        assertThat(locked()).isTrue();
        assertThat(run.isLost()).isFalse();

        app.bean(OwnershipKeeper.class).check(List.of(run));
        assertThat(run.isLost()).isTrue();
        app.bean(RunEnd.class).end(run);
        assertThat(locked()).isFalse();
        assertThat(queue.next(10)).containsExactly(new JobQueue.Waiting(1, 1, 1));
        assertThat(locks.tryAcquire(List.of(1L))).hasSize(1);
    }

    @Test
    void a_lock_that_was_set_again_is_not_relied_on_until_it_could_be_asked_whose_the_job_is() {
        locks.release(lock);
        JobQueue away = new AskedQueue(queue, () -> {
            throw new DataAccessResourceFailureException("the database is away");
        });
        keeper(away).renew(List.of(run));
        assertThat(locked()).isTrue();

        takenBack();
        keeper(queue).renew(List.of(run));
        assertThat(run.isLost()).isTrue();
        assertThat(locked()).isFalse();
    }

    @Test
    void a_run_whose_lock_another_holds_is_lost_and_leaves_that_lock_alone() {
        locks.release(lock);
        HeldLock others = locks.tryAcquire(List.of(1L)).getFirst();
        keeper(queue).renew(List.of(run));
        assertThat(run.isLost()).isTrue();
        app.bean(RunEnd.class).end(run);
        assertThat(locks.release(others)).isTrue();
    }

    /** The real queue, with something that happens right after it was asked whose the jobs are. */
    private record AskedQueue(JobQueue queue, Runnable afterwards) implements JobQueue {

        @Override
        public Set<Run> owned(Collection<Run> runs) {
            Set<Run> owned = queue.owned(runs);
            afterwards.run();
            return owned;
        }

        @Override
        public Set<Run> cancelled(Collection<Run> runs) {
            return queue.cancelled(runs);
        }

        @Override
        public List<Waiting> next(int limit) {
            return queue.next(limit);
        }

        @Override
        public List<StartedJob> start(List<Waiting> jobs) {
            return queue.start(jobs);
        }

        @Override
        public Finish finish(Run run) {
            return queue.finish(run);
        }

        @Override
        public Finish expire(Run run) {
            return queue.expire(run);
        }

        @Override
        public List<Running> running() {
            return queue.running();
        }

        @Override
        public boolean resume(Running left) {
            return queue.resume(left);
        }

        @Override
        public Set<Run> lease(Collection<Run> runs, Duration ttl) {
            return queue.lease(runs, ttl);
        }

        @Override
        public boolean takeBack(Running orphan) {
            return queue.takeBack(orphan);
        }
    }
}
