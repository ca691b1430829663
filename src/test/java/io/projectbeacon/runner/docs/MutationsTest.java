package io.projectbeacon.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Making the mutations takes minutes, so a build only checks that each can still be made, that the page of guarantees
 * lists each, and that every test it names is run.
 */
class MutationsTest {

    private static final Path MAIN = Path.of("src", "main");
    private static final Pattern NAMED = Pattern.compile("`((?:[a-z]+\\.)?[A-Z]\\w+)#(\\w+)`");

    private final List<Mutation> mutations = Mutation.all();

    private static String guarantees() throws IOException {
        return Files.readString(Path.of("docs", "guarantees.md"));
    }

    @Test
    void each_text_that_is_replaced_is_there_once() {
        assertThat(mutations).hasSizeGreaterThan(12);
        assertThat(mutations)
                .allSatisfy(mutation -> assertThat(mutation.edits())
                        .isNotEmpty()
                        .allSatisfy(
                                edit -> assertThat(edit.before()).isNotBlank().isNotEqualTo(edit.after()))
                        .allSatisfy(edit -> assertThat(edit.occurrencesIn(MAIN)).isEqualTo(1)));
    }

    @Test
    void each_test_that_is_to_go_red_is_there_and_is_run() {
        assertThat(mutations)
                .filteredOn(mutation -> NamedMethods.of(mutation.testClass(), mutation.testMethod())
                        .isEmpty())
                .extracting(Mutation::test)
                .isEmpty();
    }

    @Test
    void the_page_has_one_row_for_each_mutation_with_its_test() throws IOException {
        String page = guarantees();
        assertThat(mutations).extracting(Mutation::name).doesNotHaveDuplicates();
        assertThat(mutations)
                .allSatisfy(mutation -> assertThat(page.lines())
                        .filteredOn(line -> line.startsWith("| `" + mutation.name() + "` |"))
                        .singleElement()
                        .asString()
                        .contains(mutation.breaks(), "`" + mutation.test() + "`"));
        assertThat(page.lines().filter(line -> line.matches("\\| `[a-z-]+` \\|.*")))
                .hasSameSizeAs(mutations);
    }

    @Test
    void every_test_that_the_page_names_is_there_and_is_run() throws IOException {
        List<MatchResult> named = NAMED.matcher(guarantees()).results().toList();
        assertThat(named).hasSizeGreaterThan(mutations.size());
        assertThat(named)
                .filteredOn(
                        name -> NamedMethods.of(name.group(1), name.group(2)).isEmpty())
                .extracting(MatchResult::group)
                .isEmpty();
    }
}
