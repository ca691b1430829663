package io.projectbeacon.runner.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.support.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedKeysTest {

    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private final Signer one = Signer.draw();
    private final Signer other = Signer.draw();

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("trusted.json");
    }

    private static Map<String, TrustedKey> parsed(String text) {
        return TrustedKeysFile.parse(text.getBytes(UTF_8));
    }

    @Test
    void a_key_has_its_callers_and_its_times_both_ends_included() {
        String entry = one.entry(
                "a",
                "\"not_before\": \"2026-01-31T12:00:00Z\"",
                "\"not_after\": \"2026-01-31T14:00:00+01:00\"",
                "\"comment\": \"of the laptop\"");
        TrustedKey key = parsed("{\"keys\": [" + entry + "]}").get(one.publicKey());

        assertThat(key.callers()).containsExactly("a");
        assertThat(key.isValidAt(NOON.minusNanos(1))).isFalse();
        assertThat(key.isValidAt(NOON)).isTrue();
        assertThat(key.isValidAt(NOON.plusSeconds(3600))).isTrue();
        assertThat(key.isValidAt(NOON.plusSeconds(3600).plusNanos(1))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"keys\": null}",
                "{\"keys\": {}}",
                "{\"keys\": [null]}",
                "{\"keys\": [\"KEY\"]}",
                "{\"keys\": [{\"callers\": [\"a\"]}]}",
                "{\"keys\": [{\"public_key\": \"KEY\"}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": []}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": \"a\"}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [null]}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\" \"]}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [7]}]}",
                "{\"keys\": [{\"public_key\": \"AAAA\", \"callers\": [\"a\"]}]}",
                "{\"keys\": [{\"public_key\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\", \"callers\": [\"a\"]}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\"a\"], \"not_afer\": \"2026-01-31T12:00:00Z\"}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\"a\"], \"not_after\": \"tomorrow\"}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\"a\"], \"not_after\": 1800000000}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\"a\"], \"not_after\": \"2026-01-31T12:00:00\"}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\"a\"], \"not_before\": \"2026-01-31T12:00:01Z\","
                        + " \"not_after\": \"2026-01-31T12:00:00Z\"}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\"a\"], \"callers\": [\"b\"]}]}",
                "{\"keys\": [{\"public_key\": \"KEY\", \"callers\": [\"a\"]}, {\"public_key\": \"KEY\", \"callers\": [\"b\"]}]}",
                "{\"keys\": []} and more",
                "{\"keys\": []"
            })
    void a_file_that_is_not_of_its_form_is_refused_as_a_whole(String text) {
        assertThatThrownBy(() -> parsed(text.replace("KEY", one.publicKey())))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_file_without_a_key_is_a_file_that_trusts_none() {
        assertThat(parsed("{\"keys\": []}")).isEmpty();
    }

    @Test
    void a_file_that_is_missing_broken_or_too_large_at_the_start_says_what_it_is() throws IOException {
        assertThatThrownBy(() -> new TrustedKeys(file)).hasMessageContaining("cannot be read");
        Files.writeString(file, "{");
        assertThatThrownBy(() -> new TrustedKeys(file)).hasMessageContaining("form");
        Files.writeString(file, " ".repeat(1 << 20) + "{\"keys\": []}");
        assertThatThrownBy(() -> new TrustedKeys(file)).hasMessageContaining("1 MiB");
    }

    @Test
    void a_key_that_is_added_is_trusted_and_one_that_is_taken_out_is_not_from_the_next_look_on() {
        Signer.trust(file, one.entry("a"));
        TrustedKeys keys = new TrustedKeys(file);
        Signer.trust(file, one.entry("a"), other.entry("a"));
        assertThat(keys.now()).containsOnlyKeys(one.publicKey(), other.publicKey());
        Signer.trust(file, other.entry("a"));
        assertThat(keys.now()).containsOnlyKeys(other.publicKey());
    }

    /** The same file, length and time: what an editor does twice within one tick of the file system's clock. */
    @Test
    void a_change_that_leaves_no_trace_is_seen_while_the_file_is_new() throws IOException {
        Signer.trust(file, one.entry("a"));
        TrustedKeys keys = new TrustedKeys(file);
        FileTime time = Files.getLastModifiedTime(file);

        Files.writeString(file, Files.readString(file).replace(one.publicKey(), other.publicKey()));
        Files.setLastModifiedTime(file, time);

        assertThat(keys.now()).containsOnlyKeys(other.publicKey());
    }

    @Test
    void while_the_file_is_broken_or_away_no_key_is_trusted_and_afterwards_they_are_again() throws IOException {
        Signer.trust(file, one.entry("a"));
        TrustedKeys keys = new TrustedKeys(file);

        Files.writeString(file, "{\"keys\": [");
        assertThat(keys.now()).isNull();
        Files.writeString(file, "");
        assertThat(keys.now()).isNull();
        Files.delete(file);
        assertThat(keys.now()).isNull();
        Files.createDirectory(file);
        assertThat(keys.now()).isNull();
        Files.delete(file);

        Signer.trust(file, one.entry("a"));
        assertThat(keys.now()).containsOnlyKeys(one.publicKey());
    }
}
