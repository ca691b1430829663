package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.RunnerClient;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Checks one job that has ended against the contract, whatever happened to its runners: by the provider's calls, and by
 * the API's answers. It trusts neither the tables nor the service's own counters.
 */
record JobJudge(String id, List<String> models, List<String> questions, boolean hold) {

    private record Attempt(
            int number, Instant started, @Nullable Instant ended, String outcome) {

        static Attempt of(JsonNode json) {
            return new Attempt(
                    json.path("attempt").asInt(),
                    instant(json.path("started_at")),
                    json.path("ended_at").isNull() ? null : instant(json.path("ended_at")),
                    json.path("outcome").asString());
        }

        boolean made(Call call) {
            return !call.start().isBefore(started)
                    && (ended == null || call.start().isBefore(ended));
        }

        boolean isUnknown() {
            return outcome.equals("unknown");
        }
    }

    /**
     * @param calls all the calls of the job, each of which has ended
     * @param unknownRetried whether a client has asked for cells of unknown outcome to be called again
     */
    void judge(RunnerClient runner, List<Call> calls, boolean unknownRetried) {
        JsonNode job = runner.get("/api/v1/jobs/" + id).json();
        Collection<JsonNode> cells = runner.cells(id).values();
        boolean cancelled = job.path("status").asString().equals("cancelled");
        assertThat(job.at("/cells/total").asInt()).isEqualTo(models.size());
        assertThat(job.at("/cells/running").asInt()).isZero();
        assertThat(job.at("/cells/pending").asInt()).isEqualTo(models.size() - cells.size());
        if (!cancelled) {
            assertThat(cells).as("a cell is missing").hasSize(models.size());
            assertThat(job.path("status").asString()).isEqualTo(statusOf(cells));
        }
        assertThat(calls).extracting(Call::model).isSubsetOf(models);
        assertThat(allowed(runner)).isZero(); // A dead runner's answers never come.
        for (JsonNode cell : cells) {
            String model = cell.path("model_id").asString();
            judgeCell(
                    cell,
                    calls.stream().filter(call -> call.model().equals(model)).toList(),
                    unknownRetried);
        }
    }

    private String statusOf(Collection<JsonNode> cells) {
        long completed = cells.stream().filter(JobJudge::isCompleted).count();
        return completed == models.size() ? "completed" : completed > 0 ? "partial" : "failed";
    }

    private void judgeCell(JsonNode cell, List<Call> calls, boolean unknownRetried) {
        List<Attempt> attempts =
                cell.path("attempts").values().stream().map(Attempt::of).toList();
        assertThat(attempts).extracting(Attempt::outcome).doesNotContain("running");
        assertThat(attempts).extracting(Attempt::number).doesNotHaveDuplicates();
        for (Call call : calls) {
            assertThat(attempts)
                    .as("the attempt of %s", call)
                    .filteredOn(attempt -> attempt.made(call))
                    .hasSize(1);
        }
        for (Attempt attempt : attempts) {
            assertThat(calls)
                    .as("the calls of %s", attempt)
                    .filteredOn(attempt::made)
                    .extracting(Call::prompt)
                    .doesNotHaveDuplicates();
        }
        long unknown = attempts.stream().filter(Attempt::isUnknown).count();
        for (String question : questions) {
            long successes = successes(calls, question).count();
            assertThat(successes - 1)
                    .as("what is paid for twice is accounted for")
                    .isLessThanOrEqualTo(unknown);
        }
        if (hold && !unknownRetried) {
            assertThat(attempts.subList(0, attempts.size() - 1))
                    .as("nothing follows an unknown outcome")
                    .noneMatch(Attempt::isUnknown);
        }
        if (isCompleted(cell)) {
            judgeAnswers(cell, calls);
        }
    }

    private void judgeAnswers(JsonNode cell, List<Call> calls) {
        String model = cell.path("model_id").asString();
        assertThat(cell.path("answers").values())
                .extracting(answer -> answer.path("response").asString())
                .containsExactlyElementsOf(questions.stream()
                        .map(question -> "Model %s in us-east says: %s".formatted(model, question))
                        .toList());
        assertThat(questions).allMatch(question -> successes(calls, question).count() > 0);
        Instant completed = instant(cell.path("completed_at"));
        assertThat(calls).allMatch(call -> call.start().isBefore(completed));
    }

    private int allowed(RunnerClient runner) {
        return runner.get("/api/v1/jobs/" + id).json().at("/duplicates/allowed").asInt();
    }

    private static Stream<Call> successes(List<Call> calls, String question) {
        return calls.stream().filter(call -> call.success() && call.prompt().equals(question));
    }

    private static boolean isCompleted(JsonNode cell) {
        return cell.path("status").asString().equals("completed");
    }

    private static Instant instant(JsonNode time) {
        return OffsetDateTime.parse(time.asString()).toInstant();
    }
}
