package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Claims and ends that no thread waits for: what a waiting thread would guarantee holds all the same. The database is held up by
 * a lock on a table or on a job's row, and the provider's ledger says what was called.
 */
class HandedOverTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    /** Shorter than the 3 s after which a statement gives up. */
    private static final Duration BRIEF = Duration.ofMillis(500);

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void startProvider() throws IOException {
        provider = FakeProvider.start();
    }

    @AfterEach
    void close() {
        app.close();
        provider.close();
        threads.shutdownNow();
    }

    private void start(String... more) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.addAll(List.of(more));
        app = RunnerApp.start(database, redis, properties);
    }

    private void submit(String id, int models, String more) {
        String names = String.join(
                ",", IntStream.range(0, models).mapToObj(n -> "\"m" + n + "\"").toList());
        assertThat(app.submit("{\"id\":\"%s\",\"prompt\":\"Who?\",\"models\":[%s],\"regions\":[\"us-east\"]%s}"
                                .formatted(id, names, more))
                        .status())
                .isEqualTo(202);
    }

    private void called(int times) {
        await().atMost(LONG).until(() -> provider.calls().size() == times);
    }

    /** The statements of the service that wait for a lock. */
    private void awaitBlocked(String sql) {
        await().atMost(LONG)
                .until(() -> app.jdbc()
                                .sql(
                                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ?")
                                .param("%" + sql + "%")
                                .query(Long.class)
                                .single()
                        > 0);
    }

    private String threads() {
        return app.get("/actuator/threads").response().body();
    }

    /** A person's transaction at a console, which holds what it has locked until it is ended. */
    private static Connection holding(String url, String sql) throws SQLException {
        Connection console = DriverManager.getConnection(url);
        console.setAutoCommit(false);
        try (Statement statement = console.createStatement()) {
            statement.execute(sql);
        }
        return console;
    }

    @Test
    void cells_that_find_a_place_at_once_are_claimed_in_one_statement() {
        start("--beacon.regions.us-east.max-in-flight=400");
        submit("before", 1, ""); // From then on it is known that the region is not paused.
        app.ended("before");
        provider.hold("us-east");
        submit("together", 10, "");
        called(11);
        assertThat(app.jdbc()
                        .sql("SELECT count(DISTINCT xmin::text) FROM executions WHERE job_id = 2")
                        .query(Long.class)
                        .single())
                .as("the transactions that claimed the ten")
                .isEqualTo(1);
        provider.release("us-east");
        assertThat(app.ended("together").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void no_thread_of_a_cell_waits_while_its_claim_and_its_end_are_written() throws Exception {
        start("--beacon.regions.us-east.max-in-flight=400");
        submit("before", 1, "");
        app.ended("before");
        provider.hold("us-east");
        try (Connection console = holding(database, "LOCK TABLE executions IN SHARE MODE")) {
            submit("ten", 10, "");
            awaitBlocked("INSERT INTO executions");
            assertThat(threads()).doesNotContainPattern("\"(cell|job|feeder)-[0-9]");
            console.rollback();
        }
        called(11);
        assertThat(threads()).containsPattern("\"cell-[0-9]");
        try (Connection console = holding(database, "LOCK TABLE executions IN SHARE MODE")) {
            provider.release("us-east");
            awaitBlocked("UPDATE executions");
            await().atMost(BRIEF.multipliedBy(4))
                    .untilAsserted(() -> assertThat(threads()).doesNotContainPattern("\"cell-[0-9]"));
            assertThat(app.metric("beacon_executions_in_flight"))
                    .as("a place is given back when its end is durable")
                    .isEqualTo(10);
            console.rollback();
        }
        assertThat(app.ended("ten").path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(11);
    }

    @Test
    void a_place_is_not_given_to_another_cell_before_the_end_of_the_first_is_durable() throws Exception {
        start("--beacon.regions.us-east.max-in-flight=1");
        provider.hold("us-east");
        submit("first", 1, "");
        called(1);
        submit("second", 1, "");
        try (Connection console = holding(database, "SELECT * FROM jobs WHERE jobspec_id = 'first' FOR UPDATE")) {
            provider.release("us-east");
            awaitBlocked("UPDATE executions");
            await().during(BRIEF)
                    .atMost(LONG)
                    .untilAsserted(() -> assertThat(provider.calls()).hasSize(1));
            console.rollback();
        }
        assertThat(app.ended("first").path("status").asString()).isEqualTo("completed");
        assertThat(app.ended("second").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void a_stop_waits_for_the_ends_that_were_handed_over() throws Exception {
        start();
        provider.hold("us-east");
        submit("stopped", 1, "");
        called(1);
        Future<?> stop;
        try (Connection console = holding(database, "SELECT * FROM jobs WHERE jobspec_id = 'stopped' FOR UPDATE")) {
            provider.release("us-east");
            awaitBlocked("UPDATE executions");
            stop = threads.submit(() -> app.bean(WorkerPool.class).stop());
            await().during(BRIEF).atMost(LONG).until(() -> !stop.isDone());
            console.rollback();
        }
        stop.get();
        assertThat(app.jdbc()
                        .sql("SELECT status || ' ' || attempt FROM executions")
                        .query(String.class)
                        .list())
                .containsExactly("completed 1");
        assertThat(app.jdbc().sql("SELECT status FROM jobs").query(String.class).single())
                .isEqualTo("completed");
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rerun", "hold"})
    void a_claim_that_is_answered_after_a_stop_makes_no_call_and_its_cell_is_not_unknown(String onUnknown)
            throws Exception {
        start();
        Future<?> stop;
        try (Connection console = holding(database, "LOCK TABLE executions IN SHARE MODE")) {
            submit("stopped", 3, ",\"constraints\":{\"on_unknown\":\"%s\"}".formatted(onUnknown));
            awaitBlocked("INSERT INTO executions");
            stop = threads.submit(() -> app.bean(WorkerPool.class).stop());
            await().during(BRIEF).atMost(LONG).until(() -> !stop.isDone());
            console.rollback();
        }
        stop.get();
        assertThat(provider.calls()).isEmpty();
        app.bean(WorkerPool.class).start();
        assertThat(app.ended("stopped").path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(3);
        assertThat(app.metric("beacon_executions_unknown_total")).isZero();
    }

    @Test
    void a_claim_that_is_answered_after_the_deadline_makes_no_call() throws Exception {
        start();
        try (Connection console = holding(database, "LOCK TABLE executions IN SHARE MODE")) {
            submit("late", 3, ",\"constraints\":{\"timeout\":\"1s\"}");
            awaitBlocked("INSERT INTO executions");
            await().atMost(LONG)
                    .until(() -> app.bean(RunningJobs.class).all().stream()
                            .allMatch(run -> run.stop().reason() == EndReason.EXPIRED));
            console.rollback();
        }
        assertThat(app.ended("late").path("status").asString()).isEqualTo("failed");
        assertThat(provider.calls()).isEmpty();
    }

    @Test
    void a_claim_that_is_answered_after_a_cancel_makes_no_call() throws Exception {
        start();
        try (Connection console = holding(database, "LOCK TABLE executions IN SHARE MODE")) {
            submit("cancelled", 3, "");
            awaitBlocked("INSERT INTO executions");
            app.bean(JobPicker.class).stop(); // The job goes back to the queue, as it is not cancelled in truth.
            app.bean(RunningJobs.class).all().forEach(run -> run.stop().cancel());
            console.rollback();
        }
        await().atMost(LONG).until(() -> app.bean(RunningJobs.class).all().isEmpty());
        assertThat(provider.calls()).isEmpty();
    }
}
