package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each cell that ends otherwise than completed is one line, whatever ended it, and the job's last line counts them all. */
class CellEndLinesTest {

    private static final String ENDS = "Cell ended";

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private FakeProvider provider;
    private RunnerApp app;
    private Console console;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        app = runner();
        console = new Console(); // Not before: a start sets up the logging anew.
    }

    @AfterEach
    void stop() {
        console.close();
        app.close();
        provider.close();
    }

    private RunnerApp runner() {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.inference.max-attempts=1");
        properties.add("--beacon.regions.us-east.max-in-flight=2");
        properties.add("--beacon.worker.shutdown-timeout=100ms");
        return RunnerApp.start(database, redis, properties);
    }

    private void submit(String models, String regions, String constraints) {
        String spec = "{\"id\": \"j\", \"models\": [%s], \"regions\": [%s], \"constraints\": {%s}}"
                .formatted(models, regions, constraints);
        assertThat(app.submit(spec).status()).isEqualTo(202);
    }

    private void twoOfThreeCallsUnderWay(String constraints) {
        provider.hold("us-east");
        submit("\"a\", \"b\", \"c\"", "\"us-east\"", constraints);
        await().until(() -> provider.calls().size() == 2);
    }

    /** The line about the job's end, without what differs from run to run. */
    private String jobEnded() {
        await().until(() -> !console.lines("Job ended").isEmpty());
        assertThat(console.lines("Job ended")).hasSize(1);
        return console.lines("Job ended").getFirst().replaceAll(" (fence|lock_\\w+)=\\S+", "");
    }

    @Test
    void a_cell_whose_call_fails_has_a_line_with_its_code_and_a_completed_one_has_none() {
        provider.failWith("eu-west", 500);
        submit("\"a\"", "\"us-east\", \"eu-west\"", "");
        app.ended("j");
        assertThat(jobEnded())
                .isEqualTo(
                        "INFO Job ended partial job_id=j completed=1 failed=1 unknown=0 cancelled=0 never_claimed=0");
        assertThat(console.lines(ENDS))
                .containsExactly("INFO Cell ended failed job_id=j region=eu-west model_id=a attempt=1 code=http_500");
    }

    @Test
    void a_cell_that_a_cancel_ends_has_a_line_and_one_that_was_never_claimed_is_counted() {
        twoOfThreeCallsUnderWay("");
        app.post("/api/v1/jobs/j/cancel", "");
        assertThat(jobEnded())
                .isEqualTo(
                        "INFO Job ended cancelled job_id=j completed=0 failed=0 unknown=0 cancelled=2 never_claimed=1");
        assertThat(console.lines(ENDS))
                .hasSize(2)
                .contains("INFO Cell ended cancelled job_id=j region=us-east model_id=a attempt=1 code=cancelled");
    }

    @Test
    void a_cell_that_the_deadline_ends_has_a_line_with_its_code() {
        twoOfThreeCallsUnderWay("\"timeout\": \"PT2S\"");
        assertThat(jobEnded())
                .isEqualTo("INFO Job ended failed job_id=j completed=0 failed=2 unknown=0 cancelled=0 never_claimed=1");
        assertThat(console.lines(ENDS))
                .hasSize(2)
                .contains("INFO Cell ended failed job_id=j region=us-east model_id=a attempt=1 code=deadline_exceeded");
    }

    @Test
    void a_cell_that_is_held_because_its_run_is_gone_has_a_line_of_the_run_that_finds_it() {
        provider.hold("us-east");
        submit("\"a\"", "\"us-east\"", "\"on_unknown\": \"hold\"");
        await().until(() -> provider.calls().size() == 1);
        console.close();
        RunnerApp next = runner();
        console = new Console();
        app.close();
        app = next;
        app.ended("j");
        assertThat(jobEnded())
                .isEqualTo("INFO Job ended failed job_id=j completed=0 failed=0 unknown=1 cancelled=0 never_claimed=0");
        assertThat(console.lines(ENDS))
                .containsExactly("INFO Cell ended unknown job_id=j region=us-east model_id=a attempt=1 code=shutdown");
    }

    @Test
    void a_retry_of_many_completed_cells_writes_ten_lines_and_one_that_counts_the_others() {
        String models = IntStream.range(0, 25).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(", "));
        submit(models, "\"us-east\"", "");
        app.ended("j");
        app.post("/api/v1/jobs/j/retry", "");
        app.ended("j");
        String autoStop = "🛑 AUTO-STOP: Duplicate execution detected, skipping";
        await().until(() -> !console.lines(autoStop + ", further ones").isEmpty());
        assertThat(console.lines(autoStop)).hasSize(11);
        assertThat(console.lines(autoStop + ", further ones"))
                .containsExactly("WARN " + autoStop + ", further ones job_id=j further=15");
    }
}
