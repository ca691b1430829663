package io.projectbeacon.runner.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks every reachable state of the protocol's model; docs/model.md says what is in it. */
class ProtocolModelTest {

    private static final Path MODEL = Path.of("src/test/promela/claims.pml").toAbsolutePath();

    @BeforeAll
    static void spinAndACompiler() {
        Tools.assumeInstalled("spin");
        Tools.assumeInstalled("gcc");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HOLD=0 PAUSES=2",
                "HOLD=0 PAUSES=1 FLUSHES=1",
                "HOLD=0 CRASHES=1 STOPS=1 FLUSHES=1",
                "HOLD=0 CRASHES=2 RETRIES=2 CANCELS=1",
                "HOLD=0 CRASHES=1 CANCELS=1 RETRIES=1 LOST=2",
                "HOLD=0 PAUSES=1 CANCELS=1 RETRIES=1 LOST=1",
                "HOLD=0 FLUSHES=1 CANCELS=1 RETRIES=1 DEADLINES=1",
                "HOLD=0 PAUSES=1 RETRIES=1 DEADLINES=1 VANISHED=1",
                "HOLD=0 CRASHES=1 CANCELS=1 RETRIES=1 FAILURES=1 VANISHED=1 AUTO=1",
                "HOLD=0 PAUSES=1 LOST=1 FAILURES=1 VANISHED=1 AUTO=1",
                "HOLD=0 HANDS=1 KEYS=1 PAUSES=1 LOST=1",
                "HOLD=0 PARKS=2 CRASHES=1 CANCELS=1 RETRIES=1",
                "HOLD=0 PARKS=1 PAUSES=1 LOST=1 FAILURES=1 AUTO=1",
                "HOLD=1 PAUSES=2",
                "HOLD=1 FLUSHES=2",
                "HOLD=1 CRASHES=1 STOPS=1 PAUSES=1",
                "HOLD=1 CRASHES=2 RETRIES=2 CANCELS=1",
                "HOLD=1 CRASHES=1 CANCELS=1 RETRIES=1 LOST=2",
                "HOLD=1 CRASHES=1 PAUSES=1 RETRIES=2",
                "HOLD=1 PAUSES=1 FLUSHES=1 CANCELS=1 RETRIES=1",
                "HOLD=1 PAUSES=1 RETRIES=1 DEADLINES=1 VANISHED=1",
                "HOLD=1 CRASHES=1 CANCELS=1 RETRIES=1 FAILURES=1 VANISHED=1 AUTO=1",
                "HOLD=1 PAUSES=1 LOST=1 FAILURES=1 VANISHED=1 AUTO=1",
                "HOLD=1 HANDS=1 KEYS=1 CRASHES=1 LOST=1 RETRIES=1",
                "HOLD=1 PARKS=2 CRASHES=1 STOPS=1 RETRIES=1",
                "HOLD=1 PARKS=1 PAUSES=1 FLUSHES=1 DEADLINES=1",
            })
    void every_reachable_state_keeps_the_promises(String faults) throws Exception {
        assertThatNothingIsWrong(check(faults, "-DSAFETY -DNOREDUCE", ""));
    }

    /* Without a cycle each run of the model comes to an end, and the check above says that the job has ended there. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HOLD=0 PAUSES=1 FLUSHES=1",
                "HOLD=0 CRASHES=1 CANCELS=1 RETRIES=1 LOST=1",
                "HOLD=1 PAUSES=1 RETRIES=1 FAILURES=1 AUTO=1",
                "HOLD=0 HANDS=1 KEYS=1 CRASHES=1 LOST=1",
                "HOLD=0 PARKS=2 CRASHES=1 RETRIES=1",
            })
    void nothing_goes_round_for_ever(String faults) throws Exception {
        assertThatNothingIsWrong(check(faults, "-DNP -DNOFAIR -DNOREDUCE", "-l"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            FENCE            | PAUSES=1                             | && (fence == mine[r])
            CLAIM_LOCK       | PAUSES=1                             | && (fence == mine[r])
            FIRST_FENCE      | PAUSES=1                             | && (fence == mine[r])
            FIRST_LOCK       | PAUSES=1                             | && (fence == mine[r])
            FIRST_UNIQUE     | HANDS=1                              | stored[c] == 0
            FIRST_KEY        | HANDS=1 KEYS=1                       | stored[c] == 0
            AGAIN_FENCE      | PAUSES=1 FAILURES=1 AUTO=1           | && (fence == mine[r])
            LEASE            | PAUSES=1                             | slipped[r] && dropped[r]
            RESTORE          | PAUSES=1                             | slipped[r] && dropped[r]
            RESTORE_ORDER    | PAUSES=1                             | slipped[r] && dropped[r]
            DATABASE_LEASE   | FLUSHES=1                            | slipped[r] && dropped[r]
            TOKEN            | PAUSES=1                             | lock ==
            UNIQUE           | CRASHES=1                            | stored[c] == 0
            CLAIM_ID         | LOST=1                               | owner[c] != mine[r]
            HOLD             | HOLD=1 CRASHES=1                     | asked[c]
            INCLUDE_FENCE    | HOLD=1 CRASHES=2 RETRIES=1 MOST_RUNS=9 | asked[c]
            RETRY_FENCE      | FAILURES=2 RETRIES=1                 | fence <
            ATTEMPT_GUARD    | PAUSES=1                             | succeeded[0] &
            ORPHAN           | PAUSES=1                             | succeeded[0] &
            STATUS_GUARD     | CANCELS=1                            | violated (cell[c] !=
            SETTLE           | HOLD=1 PAUSES=1                      | counted ==
            CANCEL_CELLS     | CANCELS=1                            | && (cell[1] !=
            FINISH_REQUEUE   | STOPS=1                              | && (cell[1] !=
            FINISH_LOCK      | PAUSES=1                             | && (cell[1] !=
            LATE_RETRY       | HOLD=1 PAUSES=1 FAILURES=1 AUTO=1    | && (cell[1] !=
            CAS_START        | CANCELS=1                            | violated (job ==
            CAS_TAKE_BACK    | PAUSES=1                             | violated !(((job ==
            PARK_GATE        | PARKS=1                              | violated !(aside[r])
            PARK_UNDER_WAY   | PARKS=1                              | owner[0] == mine[r]
            PARK_CAUSE       | PARKS=1                              | !(redelivered)
            PARK_MET         | PARKS=1 FAILURES=1 RETRIES=1         | !(stopped[c])
            PARK_WAKE        | PARKS=1                              | place[0] ==
            PARK_CANCEL      | PARKS=1 CANCELS=1                    | !(parked)
            """)
    void without_the_rule_a_promise_is_broken(String rule, String faults, String broken) throws Exception {
        String output = check("MUTATE_" + rule + " " + faults, "-DSAFETY -DNOREDUCE", "");
        assertThat(output).contains("errors: 1");
        assertThat(output.lines().filter(line -> line.contains("assertion violated")))
                .singleElement()
                .satisfies(line -> assertThat(withoutSpaces(line)).contains(withoutSpaces(broken)));
    }

    @Test
    void every_rule_that_can_be_taken_away_is_shown_to_matter() throws Exception {
        CsvSource table = ProtocolModelTest.class
                .getDeclaredMethod("without_the_rule_a_promise_is_broken", String.class, String.class, String.class)
                .getAnnotation(CsvSource.class);
        Set<String> shown = new TreeSet<>();
        table.textBlock().lines().forEach(line -> shown.add("MUTATE_" + line.split("\\|")[0].strip()));
        Set<String> rules = new TreeSet<>(Pattern.compile("MUTATE_[A-Z]\\w*")
                .matcher(Files.readString(MODEL))
                .results()
                .map(MatchResult::group)
                .toList());
        assertThat(shown).isEqualTo(rules);
    }

    private static void assertThatNothingIsWrong(String output) {
        assertThat(output)
                .contains("errors: 0", "states, stored")
                .doesNotContain("max search depth too small", "Search not completed", "out of memory", "MEMLIM");
    }

    /** Runs the checker in a folder of its own below target/model, where its output and an error's trail stay. */
    private static String check(String flags, String compiler, String options) throws Exception {
        Path folder = Path.of("target/model", flags.replaceAll("[ =]+", "-") + options);
        Files.createDirectories(folder);
        String line = """
                cd '%s' && spin -a -D%s '%s' && gcc %s -w -DNOCLAIM -DVECTORSZ=512 -DMEMLIM=4000 -o pan pan.c \
                  && ./pan -m200000 -w22 %s
                """.formatted(folder, flags.replaceAll(" +", " -D"), MODEL, compiler, options);
        String output = Tools.run("", "sh", "-c", line);
        Files.writeString(folder.resolve("output.txt"), output);
        return output;
    }

    private static String withoutSpaces(String text) {
        return text.replace(" ", "");
    }
}
