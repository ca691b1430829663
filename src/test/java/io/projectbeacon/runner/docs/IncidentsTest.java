package io.projectbeacon.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The tests that the page of incidents names exist and are run, so that renaming one is noticed. */
class IncidentsTest {

    private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+) \\|.*\\| (.+) \\|$");
    private static final Pattern NAMED = Pattern.compile("`((?:[a-z]+\\.)?[A-Z]\\w+)#(\\w+)`");

    private record Incident(int number, String heldBy) {}

    @Test
    void each_of_the_forty_two_incidents_has_its_line() {
        assertThat(incidents())
                .extracting(Incident::number)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 42).boxed().toList());
    }

    @Test
    void each_incident_is_held_by_a_test_or_says_what_comes_later() {
        assertThat(incidents())
                .allMatch(incident -> NAMED.matcher(incident.heldBy()).find()
                        || incident.heldBy().startsWith("later: "));
    }

    @Test
    void every_test_that_is_named_is_there_and_is_run() {
        List<MatchResult> named = incidents().stream()
                .flatMap(incident -> NAMED.matcher(incident.heldBy()).results())
                .toList();
        assertThat(named).isNotEmpty();
        assertThat(named)
                .filteredOn(
                        name -> NamedMethods.of(name.group(1), name.group(2)).isEmpty())
                .extracting(MatchResult::group)
                .isEmpty();
    }

    private static List<Incident> incidents() {
        try {
            return ROW.matcher(Files.readString(Path.of("docs", "incidents.md")))
                    .results()
                    .map(row -> new Incident(Integer.parseInt(row.group(1)), row.group(2)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
