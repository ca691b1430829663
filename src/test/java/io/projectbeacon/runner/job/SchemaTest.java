package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.domain.WireName;
import io.projectbeacon.runner.support.Database;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.dao.DataIntegrityViolationException;

/** The code and the tables use the same words, and the tables' keys and constraints are those intended. */
class SchemaTest {

    private static Database database;

    @BeforeAll
    static void migrate() {
        database = Database.fresh();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    static Stream<Arguments> enums() {
        return Stream.of(
                Arguments.of("jobs_status_check", JobStatus.values()),
                Arguments.of("jobs_run_cause_check", RunCause.values()),
                Arguments.of("executions_status_check", ExecutionStatus.values()),
                Arguments.of("executions_outcome_check", ExecutionStatus.values()),
                Arguments.of("execution_duplicates_layer_check", DuplicateLayer.values()),
                Arguments.of("execution_duplicates_outcome_check", DuplicateOutcome.values()));
    }

    @ParameterizedTest
    @MethodSource("enums")
    void an_enum_and_its_check_constraint_list_the_same_words(String constraint, Enum<?>[] constants) {
        String definition = database.jdbc()
                .sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ?")
                .param(constraint)
                .query(String.class)
                .single();
        Set<String> words = Pattern.compile("'([a-z_]+)'")
                .matcher(definition)
                .results()
                .map((MatchResult word) -> word.group(1))
                .collect(Collectors.toSet());
        assertThat(words).isEqualTo(Arrays.stream(constants).map(WireName::of).collect(Collectors.toSet()));
    }

    @Test
    void a_cell_has_one_row() {
        long job = database.runningJob("two-rows", 1, "rerun", 1);
        String insert = "INSERT INTO executions (job_id, region, model_id, status, attempt, outcome, fence, claim_id,"
                + " runner, created_at, started_at) VALUES (?, 'r', 'm', 'running', 1, 'running', 1,"
                + " gen_random_uuid(), 'x', now(), now())";
        database.jdbc().sql(insert).param(job).update();
        assertThatThrownBy(() -> database.jdbc().sql(insert).param(job).update())
                .isInstanceOf(DataIntegrityViolationException.class)
                .hasMessageContaining("executions_cell_key");
    }

    @Test
    void times_are_in_order() {
        database.runningJob("times", 1, "rerun", 1);
        assertThatThrownBy(() -> database.jdbc()
                        .sql("UPDATE jobs SET started_at = queued_at - interval '1 ms' WHERE jobspec_id = 'times'")
                        .update())
                .hasMessageContaining("jobs_times_check");
    }

    @Test
    void a_failed_row_says_why() {
        long job = database.runningJob("no-error", 1, "rerun", 1);
        assertThatThrownBy(() -> database.jdbc()
                        .sql("INSERT INTO executions (job_id, region, model_id, status, attempt, outcome, fence,"
                                + " claim_id, runner, created_at, started_at, completed_at) VALUES (?, 'r', 'm',"
                                + " 'failed', 1, 'failed', 1, gen_random_uuid(), 'x', now(), now(), now())")
                        .param(job)
                        .update())
                .hasMessageContaining("executions_error_check");
    }

    @Test
    void every_tables_key_begins_with_its_job() {
        assertThat(database.jdbc().sql("""
                                SELECT c.relname || ' ' || a.attname
                                FROM pg_index i
                                JOIN pg_class c ON c.oid = i.indrelid
                                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                WHERE i.indisprimary AND c.relname IN ('jobs', 'executions', 'execution_duplicates')
                                """).query(String.class).list())
                .containsExactlyInAnyOrder("jobs id", "executions job_id", "execution_duplicates job_id");
    }

    @Test
    void keys_are_compared_byte_by_byte_whatever_the_systems_language() {
        assertThat(database.jdbc().sql("""
                                SELECT c.relname || '.' || a.attname || ' ' || o.collname
                                FROM pg_index i
                                JOIN pg_class c ON c.oid = i.indrelid
                                JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attcollation <> 0
                                JOIN pg_collation o ON o.oid = a.attcollation
                                WHERE c.relname IN ('jobs', 'executions', 'execution_duplicates')
                                """).query(String.class).list())
                .contains("executions.region C", "executions.model_id C", "jobs.jobspec_id C", "jobs.idempotency_key C")
                .allMatch(column -> column.endsWith(" C"));
    }
}
