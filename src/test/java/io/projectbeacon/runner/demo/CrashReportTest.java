package io.projectbeacon.runner.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.demo.CrashReport.CellRow;
import io.projectbeacon.runner.demo.DemoProvider.Call;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The demonstration would say it if a cell were called twice, or lost. */
class CrashReportTest {

    private static final List<CellRow> CELLS = List.of(
            new CellRow("us-east", "a", "completed"),
            new CellRow("us-east", "b", "unknown"),
            new CellRow("eu-west", "a", "completed"));

    private static Call call(int number, String runner, String region, String model) {
        return new Call(number, runner, region, model, true);
    }

    @Test
    void each_cell_once_or_named_as_unknown_is_right() {
        CrashReport report = CrashReport.of(
                CELLS,
                List.of(
                        call(1, "runner-a", "us-east", "a"),
                        call(2, "runner-a", "us-east", "b"),
                        call(3, "runner-b", "eu-west", "a")));
        assertThat(report.isRight()).isTrue();
        assertThat(report.verdict())
                .isEqualTo(
                        "3 cells, 3 calls: each cell was called once. Answers stored: 2; under way at the kill, and named"
                                + " unknown: 1.");
        assertThat(report.table())
                .contains("us-east  b      #2 from runner-a      unknown")
                .noneMatch(line -> line.contains("wrong"));
    }

    @Test
    void a_cell_that_is_called_twice_or_never_or_has_another_status_is_shown_as_wrong() {
        CrashReport report = CrashReport.of(
                List.of(CELLS.get(0), CELLS.get(1), new CellRow("eu-west", "a", "failed")),
                List.of(
                        call(1, "runner-a", "us-east", "a"),
                        call(2, "runner-b", "us-east", "a"),
                        call(3, "runner-b", "eu-west", "a")));
        assertThat(report.isRight()).isFalse();
        assertThat(report.verdict()).contains("this is not as it must be");
        assertThat(report.table()).filteredOn(line -> line.contains("wrong")).hasSize(3);
        assertThat(report.table()).anyMatch(line -> line.contains("#1 from runner-a, #2 from runner-b"));
    }
}
