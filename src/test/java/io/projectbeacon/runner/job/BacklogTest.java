package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.domain.CallerLimits;
import io.projectbeacon.runner.domain.CallerLimits.Limits;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.util.unit.DataSize;

/** The cost of the bound on queued cells to the clients that submit jobs. */
class BacklogTest {

    private static final long MANY = 1_000_000_000;

    private static Load cells(long cells) {
        return new Load(cells, 1);
    }

    private final AtomicInteger connections = new AtomicInteger();

    private Backlog backlog(DataSource source, long cells, long bytes) {
        DataSource counting = new DelegatingDataSource(source) {
            @Override
            public Connection getConnection() throws SQLException {
                connections.incrementAndGet();
                return super.getConnection();
            }
        };
        return new Backlog(
                JdbcClient.create(counting),
                new JobsProperties("?", Duration.ofMinutes(10), cells, DataSize.ofBytes(bytes)),
                new CallerLimits(
                        new Limits(null, null),
                        Map.of("small", new Limits(10L, null), "large", new Limits(20L, null))));
    }

    @Test
    void the_queue_is_summed_up_once_a_second_and_not_for_each_submission() {
        try (Database database = Database.fresh()) {
            Backlog backlog = backlog(database.pool(1), 1_000_000, MANY);
            long begin = System.nanoTime();
            for (int job = 0; job < 10_000; job++) {
                assertThat(backlog.reserve("default", cells(1), List.of())).isEmpty();
                backlog.stored("default", cells(1));
            }
            long seconds = (System.nanoTime() - begin) / 1_000_000_000L;
            assertThat(connections.get()).isBetween(1, 1 + (int) seconds);
        }
    }

    @Test
    void many_that_submit_while_the_database_is_away_do_not_wait_for_it_one_after_the_other() throws Exception {
        int submissions = 40;
        HikariConfig nowhere = new HikariConfig();
        nowhere.setJdbcUrl("jdbc:postgresql://127.0.0.1:1/nowhere?user=nobody");
        nowhere.setConnectionTimeout(500);
        nowhere.setInitializationFailTimeout(-1);
        try (HikariDataSource pool = new HikariDataSource(nowhere);
                Race race = new Race(submissions)) {
            Backlog backlog = backlog(pool, 10, MANY);
            Callable<Boolean> submission = () -> {
                assertThatThrownBy(() -> backlog.reserve("default", cells(1), List.of()))
                        .isInstanceOf(DataAccessException.class);
                return true;
            };
            race.run(Collections.nCopies(submissions, submission));
            assertThat(connections.get()).isLessThan(submissions / 4);
        }
    }

    @Test
    void after_the_database_was_away_the_queue_is_summed_up_again() {
        try (Database database = Database.fresh()) {
            database.jdbc().sql("ALTER TABLE jobs RENAME TO away").update();
            Backlog backlog = backlog(database.pool(1), 10, MANY);
            assertThatThrownBy(() -> backlog.reserve("default", cells(1), List.of()))
                    .isInstanceOf(DataAccessException.class);
            database.jdbc().sql("ALTER TABLE away RENAME TO jobs").update();
            assertThat(backlog.reserve("default", cells(10), List.of())).isEmpty();
            assertThat(backlog.reserve("default", cells(1), List.of()))
                    .as("what is being stored counts")
                    .isPresent();
            backlog.notStored("default", cells(10));
            assertThat(backlog.reserve("default", cells(1), List.of())).isEmpty();
        }
    }

    @Test
    void the_bytes_of_texts_are_bounded_beside_the_cells_and_those_of_the_parked_jobs_of_a_region_at_half() {
        try (Database database = Database.fresh()) {
            Backlog backlog = backlog(database.pool(1), 100, 1000);
            assertThat(backlog.reserve("default", new Load(1, 600), List.of("us-east")))
                    .isEmpty();
            assertThat(backlog.reserve("default", new Load(1, 401), List.of("us-east")))
                    .contains(new QueueBound(1000, "bytes", "beacon.jobs.max-queued-bytes", 401));
            assertThat(backlog.reserve("default", new Load(100, 1), List.of("us-east")))
                    .contains(new QueueBound(100, "cells", "beacon.jobs.max-queued-cells", 100));
            assertThat(backlog.reserve("default", new Load(1, 400), List.of("us-east")))
                    .isEmpty();
        }
        try (Database database = Database.fresh()) {
            database.runningJob("parked", 1, "rerun", 1);
            database.jdbc()
                    .sql(
                            "UPDATE jobs SET status = 'queued', regions = '{us-east}', parked_regions = '{us-east}', wake_at = now(), text_bytes = 400")
                    .update();
            database.jdbc()
                    .sql(
                            "INSERT INTO closed_regions (region, closed_until) VALUES ('us-east', now() + interval '1 hour')")
                    .update();
            Backlog backlog = backlog(database.pool(1), 100, 1000);
            assertThat(backlog.reserve("default", new Load(1, 101), List.of("us-east")))
                    .contains(new QueueBound(1000, "bytes", "beacon.jobs.max-queued-bytes", 101));
            assertThat(backlog.reserve("default", new Load(1, 101), List.of("eu-west")))
                    .isEmpty();
        }
    }

    @Test
    void a_caller_has_a_bound_of_its_own_which_is_named_and_takes_nothing_from_others() {
        try (Database database = Database.fresh()) {
            Backlog backlog = backlog(database.pool(1), 1_000, 1_000_000);
            assertThat(backlog.reserve("small", cells(10), List.of())).isEmpty();
            assertThat(backlog.reserve("small", cells(1), List.of()))
                    .hasValueSatisfying(full ->
                            assertThat(full.property()).isEqualTo("beacon.fair-share.callers.small.max-queued-cells"));
            assertThat(backlog.reserve("large", cells(20), List.of())).isEmpty();
            assertThat(backlog.reserve("other", cells(500), List.of())).isEmpty();
            backlog.notStored("small", cells(10));
            assertThat(backlog.reserve("small", cells(10), List.of())).isEmpty();
            backlog.stored("small", cells(10));
            assertThat(backlog.reserve("small", cells(1), List.of())).isPresent();
            database.jdbc().sql("""
                            INSERT INTO jobs
                              (jobspec_id, caller, on_unknown, priority, cells, models, regions, spec, content, warnings, created_at,
                               queued_at)
                            VALUES ('large/job', 'large', 'rerun', 0, 15, '{a}', '{us-east}', '{}', '{}', '[]', now(), now())
                            """).update();
            Backlog ofAnotherReplica = backlog(database.pool(1), 1_000, 1_000_000);
            assertThat(ofAnotherReplica.reserve("large", cells(6), List.of())).isPresent();
            assertThat(ofAnotherReplica.reserve("large", cells(5), List.of())).isEmpty();
        }
    }
}
