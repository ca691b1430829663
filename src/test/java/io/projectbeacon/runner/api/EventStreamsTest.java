package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.job.JobChanges;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.support.JobEvents;
import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;

/** Many clients listen to jobs of which no runner runs one: what changes is written by the tests. */
@ExtendWith(OutputCaptureExtension.class)
class EventStreamsTest {

    private static final int MOST = 40;
    private static final int CONNECTIONS = 64;
    private static final Duration BETWEEN_COMMENTS = Duration.ofMillis(1500);

    /** The streams of the service, with comments that come more often. */
    static final class FrequentComments {

        @Bean
        @Primary
        static EventStreams streams(EventText text, JobChanges changes, Jobs jobs, MemoryBudget budget) {
            EventWatch watch = new EventWatch(changes, jobs, text, budget);
            return new EventStreams(watch, text, changes, jobs, MOST, BETWEEN_COMMENTS);
        }
    }

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = startOne();
    }

    private static RunnerApp startOne() {
        return RunnerApp.freshWith(
                FrequentComments.class,
                "--beacon.worker.enabled=false",
                "--beacon.limits.arrival-time=1s",
                "--server.tomcat.max-connections=" + CONNECTIONS,
                "--server.tomcat.connection-timeout=5s",
                "--logging.level.org.springframework.jdbc.core.JdbcTemplate=debug");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @BeforeEach
    void nobodyListens() {
        await().atMost(Duration.ofSeconds(30)).until(() -> listeners() == 0);
    }

    private static long running(String id, int cells) {
        return running(app, id, cells);
    }

    private static long running(RunnerApp app, String id, int cells) {
        return app.jdbc()
                .sql("""
                        WITH job AS (
                          INSERT INTO jobs
                            (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content,
                             warnings, created_at, queued_at, started_at)
                          VALUES (:id, 'running', 1, 'rerun', 0, :cells, '{}', '{}', '{}', '{}', '[]', now(), now(), now())
                          RETURNING id
                        ), cells AS (
                          INSERT INTO executions
                            (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
                          SELECT id, 'us-east', 'm' || n, 'running', 1, 'running', 1, gen_random_uuid(), 'r', now(), now()
                          FROM job, generate_series(1, :cells) n
                        )
                        SELECT id FROM job
                        """)
                .param("id", id)
                .param("cells", cells)
                .query(Long.class)
                .single();
    }

    private static String ending(long job, String model) {
        return "UPDATE executions SET status = 'completed', outcome = 'completed', completed_at = started_at"
                + " WHERE job_id = %d AND model_id LIKE '%s'".formatted(job, model);
    }

    private int listeners() {
        return app.bean(EventStreams.class).listeners();
    }

    /** The times in the row are set before a look, and only a later one can see it. */
    @Test
    void a_change_whose_transaction_ends_long_after_it_was_written_is_told() throws SQLException {
        long job = running("late", 2);
        try (JobEvents events = JobEvents.of(app, "late").awaitEvents(1);
                Connection slow = app.bean(DataSource.class).getConnection();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute(ending(job, "m1"));
            app.jdbc().sql(ending(job, "m2")).update();
            events.awaitEvents(2);
            int comments = events.comments();
            await().atMost(Duration.ofSeconds(20)).until(() -> events.comments() >= comments + 2);
            assertThat(events.statuses()).containsOnlyKeys("us-east/m2");
            slow.commit();
            events.awaitEvents(3);
            assertThat(events.statuses()).containsOnlyKeys("us-east/m1", "us-east/m2");
            // Each of them once.
            int more = events.comments();
            await().atMost(Duration.ofSeconds(20)).until(() -> events.comments() >= more + 2);
            assertThat(events.names()).containsExactly("snapshot", "cell", "cell");
        }
    }

    @Test
    void a_comment_comes_when_there_is_nothing_to_tell_and_a_client_that_has_left_is_forgotten() {
        running("quiet", 1);
        try (JobEvents events = JobEvents.of(app, "quiet").awaitEvents(1)) {
            long begun = System.nanoTime();
            await().atMost(Duration.ofSeconds(20)).until(() -> events.comments() >= 3);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(BETWEEN_COMMENTS.multipliedBy(2));
            assertThat(listeners()).isEqualTo(1);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> listeners() == 0);
    }

    @Test
    void past_the_bound_a_client_is_asked_to_come_later_and_finds_a_place_when_one_is_free() throws Exception {
        running("full", 1);
        List<JobEvents> all = new ArrayList<>();
        try {
            for (int n = 0; n < MOST; n++) {
                all.add(JobEvents.of(app, "full"));
            }
            try (JobEvents refused = JobEvents.of(app, "full")) {
                assertThat(refused.response().statusCode()).isEqualTo(503);
                assertThat(refused.response().headers().firstValue("Retry-After"))
                        .isPresent();
            }
            all.removeLast().close();
            await().atMost(Duration.ofSeconds(20)).until(() -> listeners() == MOST - 1);
            // A job that is not there takes no place.
            for (int n = 0; n < 3; n++) {
                assertThat(app.get("/api/v1/jobs/none/events").status()).isEqualTo(404);
            }
            all.add(JobEvents.of(app, "full"));
            assertThat(all.getLast().response().statusCode()).isEqualTo(200);
        } finally {
            all.forEach(JobEvents::close);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> listeners() == 0);
    }

    @Test
    void one_statement_a_second_reads_for_all_listeners_to_all_jobs(CapturedOutput output) {
        List<JobEvents> all = new ArrayList<>();
        try {
            for (int n = 0; n < MOST; n++) {
                if (n % 2 == 0) {
                    running("many-" + n, 3);
                }
                all.add(JobEvents.of(app, "many-" + n / 2 * 2).awaitEvents(1));
            }
            long begun = System.nanoTime();
            long before = looks(output);
            int comments = all.getFirst().comments();
            await().atMost(Duration.ofSeconds(30)).until(() -> all.getFirst().comments() >= comments + 3);
            long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
            assertThat(looks(output) - before).isBetween(2L, seconds + 1);
        } finally {
            all.forEach(JobEvents::close);
        }
    }

    private static long looks(CapturedOutput output) {
        return output.getAll().split("NOT pg_visible_in_snapshot", -1).length;
    }

    /** It has a small window, so that the connection takes next to nothing of what all cells of a large job are told by. */
    @Test
    void a_client_that_reads_nothing_keeps_no_other_waiting_and_is_given_up() throws IOException {
        long job = running("large", 10_000);
        try (Socket slow = new Socket();
                JobEvents quick = JobEvents.of(app, "large").awaitEvents(1)) {
            slow.setReceiveBufferSize(4096);
            slow.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), URI.create(app.base()).getPort()));
            slow.getOutputStream()
                    .write("GET /api/v1/jobs/large/events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
            await().until(() -> listeners() == 2);
            int told = 1;
            for (int change = 1; change <= 3; change++) {
                app.jdbc()
                        .sql("UPDATE executions SET attempt = attempt + 1 WHERE job_id = ?")
                        .param(job)
                        .update();
                told += 10_000;
                int all = told;
                await().atMost(Duration.ofSeconds(20)).until(() -> quick.count() >= all);
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> listeners() == 1);
            app.jdbc().sql(ending(job, "m1")).update();
            quick.awaitEvents(told + 1);
        }
    }

    /** The streams are the connections that have sent nothing for longest. */
    @Test
    void a_stream_is_no_idle_connection_and_those_that_are_make_room_beside_many_streams() throws IOException {
        long job = running("kept", 1);
        List<JobEvents> streams = new ArrayList<>();
        List<Socket> idle = new ArrayList<>();
        try {
            for (int n = 0; n < CONNECTIONS / 2; n++) {
                streams.add(JobEvents.of(app, "kept").awaitEvents(1));
            }
            for (int n = 0; n < CONNECTIONS; n++) {
                // Not all at once, since a connection may send nothing for a moment.
                await().pollDelay(Duration.ofMillis(100)).until(() -> true);
                idle.add(open(""));
            }
            Socket asking = open("GET /actuator/health/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n");
            idle.add(asking);
            assertThat(isAnswered(asking)).isTrue();
            app.jdbc().sql(ending(job, "m1")).update();
            assertThat(streams)
                    .allSatisfy(events ->
                            assertThat(events.awaitEvents(2).statuses()).containsOnlyKeys("us-east/m1"));
        } finally {
            streams.forEach(JobEvents::close);
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    private static boolean isAnswered(Socket asking) throws IOException {
        asking.setSoTimeout(10_000);
        try {
            return asking.getInputStream().read() == 'H';
        } catch (SocketTimeoutException silent) {
            return false;
        }
    }

    private Socket open(String begin) throws IOException {
        Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), URI.create(app.base()).getPort());
        socket.getOutputStream().write(begin.getBytes(US_ASCII));
        return socket;
    }

    @Test
    void a_service_that_stops_ends_all_streams_and_waits_for_none() {
        RunnerApp stopping = startOne();
        running(stopping, "stopping", 1);
        try (JobEvents events = JobEvents.of(stopping, "stopping").awaitEvents(1)) {
            long begun = System.nanoTime();
            stopping.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
            assertThat(events.awaitEnd().isWhole()).isTrue();
            assertThat(events.names()).containsExactly("snapshot");
        }
    }
}
