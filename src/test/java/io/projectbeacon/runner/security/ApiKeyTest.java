package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines of keys, and what a key looks like. */
class ApiKeyTest {

    private static final String HASH = "a".repeat(64);

    @Test
    void a_line_names_a_caller_its_roles_and_a_hash_and_comments_and_blank_lines_are_left_out() {
        assertThat(ApiKey.parse(List.of("# keys", "", "  acme   submitter+metrics\t" + HASH + " ")))
                .containsExactly(new ApiKey(new Caller("acme", Set.of(Role.SUBMITTER, Role.METRICS)), HASH));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "acme submitter bk_secretsecretsecretsecretsecret",
                "acme bk_secretsecretsecretsecretsecret "
                        + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "bk_secret/secretsecretsecretsecret submitter "
                        + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "bk_secretsecretsecretsecretsecret",
                "acme submitter secret " + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "acme submitter,secret " + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "acme  " + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void a_broken_line_is_refused_by_its_number_and_without_a_word_of_it(String line) {
        assertThatThrownBy(() -> ApiKey.parse(List.of("", line)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("key 2: ")
                .hasMessageNotContainingAny("secret", "aaaa", "AAAA");
    }

    @Test
    void one_key_may_not_be_of_two_callers_and_may_be_repeated() {
        String line = "acme submitter " + HASH;
        assertThat(ApiKey.parse(List.of(line, line))).hasSize(2);
        assertThatThrownBy(() -> ApiKey.parse(List.of(line, "other submitter " + HASH)))
                .hasMessageContaining("the same key stands above");
    }

    @Test
    void an_operator_may_what_a_submitter_may_who_may_what_a_viewer_may_and_metrics_stand_alone() {
        assertThat(new Caller("a", Set.of(Role.OPERATOR))).satisfies(caller -> {
            assertThat(caller.has(Role.VIEWER)).isTrue();
            assertThat(caller.has(Role.SUBMITTER)).isTrue();
            assertThat(caller.has(Role.METRICS)).isFalse();
        });
        assertThat(new Caller("a", Set.of(Role.VIEWER)).has(Role.SUBMITTER)).isFalse();
        assertThat(new Caller("a", Set.of(Role.METRICS)).has(Role.VIEWER)).isFalse();
        assertThat(new Caller("a", Set.of(Role.SUBMITTER)).has(Role.OPERATOR)).isFalse();
    }

    @Test
    void a_short_text_is_no_key_whatever_hash_is_configured() {
        assertThat(ApiKey.isKey("bk_password")).isFalse();
        assertThat(ApiKey.isKey("bk_" + "a".repeat(21))).isFalse();
        assertThat(ApiKey.isKey("bk_" + "a".repeat(22))).isTrue();
        assertThat(ApiKey.isKey("sk_" + "a".repeat(40))).isFalse();
    }
}
