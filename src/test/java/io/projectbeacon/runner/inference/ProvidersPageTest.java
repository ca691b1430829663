package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.inference.StatusTable.Meaning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The first table of docs/providers.md says of each status what the code makes of it. */
class ProvidersPageTest {

    private static final Path PAGE = Path.of("docs", "providers.md");
    private static final Pattern STATUS = Pattern.compile("\\b[1-5][0-9]{2}\\b");
    private static final Map<String, Meaning> OUTCOMES = Map.of(
            "an answer", Meaning.SUCCESS,
            "unknown", Meaning.AMBIGUOUS,
            "refused for now", Meaning.REFUSED_FOR_NOW,
            "failed", Meaning.FAILED,
            "final", Meaning.FINAL);

    /** A row of the table. */
    private record Row(String statuses, String outcome, String key) {

        boolean names(int status) {
            return STATUS.matcher(statuses)
                            .results()
                            .anyMatch(match -> match.group().equals(String.valueOf(status)))
                    && !statuses.startsWith("every other");
        }

        boolean holdsTheOthers(int status) {
            return statuses.equals(status / 100 + "xx")
                    || statuses.equals("every other 4xx") && status / 100 == 4
                    || statuses.equals("every other from 505 on") && status >= 505;
        }
    }

    private final StatusTable table = new StatusTable(Fixtures.AMBIGUOUS);

    @Test
    void each_status_ends_as_the_table_says_and_keeps_its_key_or_not() throws IOException {
        List<Row> rows = rows();
        Map<Integer, String> documented = new HashMap<>();
        Map<Integer, String> coded = new HashMap<>();
        IntStream.range(200, 600).forEach(status -> {
            Row row = rowOf(rows, status);
            documented.put(status, meaning(row) + (row.key().equals("the next") ? ", next key" : ""));
            coded.put(
                    status,
                    table.of(status) + ((table.told(status) == InferenceResult.Told.OUTCOME) ? ", next key" : ""));
        });
        assertThat(documented).isEqualTo(coded);
    }

    private static Row rowOf(List<Row> rows, int status) {
        return rows.stream()
                .filter(row -> row.names(status))
                .findFirst()
                .or(() ->
                        rows.stream().filter(row -> row.holdsTheOthers(status)).findFirst())
                .orElseThrow(() -> new AssertionError("no row for " + status));
    }

    private static Meaning meaning(Row row) {
        return OUTCOMES.entrySet().stream()
                .filter(outcome -> row.outcome().startsWith(outcome.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such outcome: " + row.outcome()));
    }

    private static List<Row> rows() throws IOException {
        return Files.readString(PAGE)
                .lines()
                .dropWhile(line -> !line.startsWith("| status"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.split("\\s*\\|\\s*", -1))
                .map(cells -> new Row(cells[1], cells[2], cells[4]))
                .toList();
    }
}
