package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.job.EndedCells;
import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.job.StartedJob;
import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;

/** A lock that Redis lost, and a run that has been replaced meanwhile, played step by step. */
class LockHeartbeatTest {

    private RunnerApp app;
    private JobQueue queue;
    private JobLocks locks;
    private JobRun run;
    private JobLock lock;

    @BeforeEach
    void aRunThatHasItsLock() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false");
        queue = app.bean(JobQueue.class);
        locks = app.bean(JobLocks.class);
        app.submit("{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}");
        lock = locks.tryAcquire(List.of(1L)).getFirst();
        StartedJob started = queue.start(queue.next(JobRoom.NO_SHARES, Set.of(), Set.of(), Sizes.ALL, 1))
                .getFirst();
        run = new JobRun(
                started,
                lock,
                app.bean(CellRunner.class),
                app.bean(EndedCells.class),
                app.bean(CellsToBegin.class),
                app.bean(CellPlaces.class),
                false);
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private LockHeartbeat heartbeat(JobQueue jobs) {
        return new LockHeartbeat(locks, jobs, new LockProperties(Duration.ofSeconds(30)));
    }

    private boolean locked() {
        return locks.look(List.of(1L)).get(1L) == LockState.HELD;
    }

    private boolean isLost() {
        return run.stop().reason() == EndReason.LOST;
    }

    /** Takes the job back, as another runner's sweeper does. */
    private void takenBack() {
        assertThat(queue.takeBack(new JobQueue.Running(1, run.run().fence()))).isTrue();
    }

    @Test
    void a_lock_that_redis_lost_is_set_again_while_the_job_is_still_this_runs() {
        locks.release(lock);
        heartbeat(queue).renew(List.of(run));
        assertThat(locked()).isTrue();
        assertThat(isLost()).isFalse();
    }

    @Test
    void a_runner_that_has_been_replaced_does_not_set_its_lock_again() {
        locks.release(lock);
        takenBack();
        heartbeat(queue).renew(List.of(run));
        assertThat(locked()).isFalse();
        assertThat(isLost()).isTrue();
    }

    @Test
    void a_lock_that_was_set_again_just_as_the_runner_was_replaced_is_given_back_and_the_job_runs() {
        locks.release(lock);
        JobQueue replacedAfterTheQuestion = JobRoom.queueThatIsAsked(app.bean(JdbcTemplate.class), this::takenBack);
        heartbeat(replacedAfterTheQuestion).renew(List.of(run));
        // The run's lock now keeps other runners off a job that is not this run's any more.
        assertThat(locked()).isTrue();
        assertThat(isLost()).isFalse();

        app.bean(OwnershipWatch.class).check(List.of(run));
        assertThat(isLost()).isTrue();
        app.bean(RunFinisher.class).finish(run);
        assertThat(locked()).isFalse();
        assertThat(queue.next(JobRoom.NO_SHARES, Set.of(), Set.of(), Sizes.ALL, 10))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("textBytes")
                .containsExactly(new JobQueue.Waiting(1, 1, "default", 0, 0, 1, List.of("us-east"), 1, 1, 0));
        assertThat(locks.tryAcquire(List.of(1L))).hasSize(1);
    }

    @Test
    void a_lock_that_was_set_again_is_not_relied_on_until_it_could_be_asked_whose_the_job_is() {
        locks.release(lock);
        JobQueue away = JobRoom.queueThatIsAsked(app.bean(JdbcTemplate.class), () -> {
            throw new DataAccessResourceFailureException("the database is away");
        });
        heartbeat(away).renew(List.of(run));
        assertThat(locked()).isTrue();

        takenBack();
        heartbeat(queue).renew(List.of(run));
        assertThat(isLost()).isTrue();
        assertThat(locked()).isFalse();
    }

    @Test
    void a_run_whose_lock_another_holds_is_lost_and_leaves_that_lock_alone() {
        locks.release(lock);
        JobLock others = locks.tryAcquire(List.of(1L)).getFirst();
        heartbeat(queue).renew(List.of(run));
        assertThat(isLost()).isTrue();
        app.bean(RunFinisher.class).finish(run);
        assertThat(locks.release(others)).isTrue();
    }
}
