package io.projectbeacon.runner.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Nonce.Standing;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.signing.SigningProperties.Mode;
import io.projectbeacon.runner.support.Signer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Each rule on its own, at a time that stands still. What a client sees of them is in the tests of the API. */
class SignaturesTest {

    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");
    private static final String SPEC = "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}";
    private static final JsonMapper JSON = new JsonMapper();

    private final Signer signer = Signer.draw();

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void trust() {
        file = directory.resolve("trusted.json");
        Signer.trust(file, signer.entry("default"));
    }

    private Verdict verdict(Mode mode, String spec) {
        return verdict(mode, spec, Caller.ONLY, NOON);
    }

    private Verdict verdict(Mode mode, String spec, Caller caller, Instant now) {
        Signatures signatures = new Signatures(new SigningProperties(mode, file), Clock.fixed(now, ZoneOffset.UTC));
        return signatures.verify((ObjectNode) JSON.readTree(spec), null, false, caller);
    }

    private Standing standing(String spec, Instant now) {
        Verdict verdict = verdict(Mode.REQUIRED, spec, Caller.ONLY, now);
        assertThat(verdict).isInstanceOf(Verdict.Signed.class);
        return ((Verdict.Signed) verdict).nonce().standing();
    }

    private static Refusal refusal(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
        return ((Verdict.Refused) verdict).refusal();
    }

    @ParameterizedTest
    @CsvSource({
        "-300001, TIME_IS_FAR",
        "-300000, CURRENT",
        "0, CURRENT",
        "300000, CURRENT",
        "300001, TIME_IS_FAR",
        "31536000000, TIME_IS_FAR"
    })
    void a_signature_is_current_for_five_minutes_around_its_time(long millis, Standing standing) {
        assertThat(standing(signer.sign(SPEC, "n", NOON), NOON.plusMillis(millis)))
                .isEqualTo(standing);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-999999999-01-01T00:00:00+18:00", "+999999999-12-31T23:59:59.999999999-18:00"})
    void the_ends_of_time_are_far(String time) {
        String spec = signer.signAsItIs("{\"metadata\": {\"nonce\": \"n\", \"timestamp\": \"" + time + "\"}}");
        assertThat(standing(spec, NOON)).isEqualTo(Standing.TIME_IS_FAR);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"2026-01-31T13:00:00.000+01:00", "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.123456789Z"})
    void times_are_taken_as_other_languages_write_them(String time) {
        String spec = signer.signAsItIs("{\"metadata\": {\"nonce\": \"n\", \"timestamp\": \"" + time + "\"}}");
        assertThat(standing(spec, NOON)).isEqualTo(Standing.CURRENT);
    }

    @Test
    void a_key_makes_no_new_jobs_before_and_after_its_time() {
        Signer.trust(
                file,
                signer.entry(
                        "default", "\"not_before\": \"%s\"".formatted(NOON), "\"not_after\": \"%s\"".formatted(NOON)));
        String spec = signer.sign(SPEC, "n", NOON);
        assertThat(standing(spec, NOON)).isEqualTo(Standing.CURRENT);
        assertThat(standing(spec, NOON.minusMillis(1))).isEqualTo(Standing.KEY_NOT_VALID);
        assertThat(standing(spec, NOON.plusMillis(1))).isEqualTo(Standing.KEY_NOT_VALID);
    }

    @Test
    void a_key_signs_for_its_callers_only() {
        Signer.trust(file, signer.entry("one"));
        String spec = signer.sign(SPEC, "n", NOON);
        assertThat(verdict(Mode.REQUIRED, spec, new Caller("one", Set.of(Role.SUBMITTER)), NOON))
                .isInstanceOf(Verdict.Signed.class);
        assertThat(refusal(verdict(Mode.REQUIRED, spec, new Caller("another", Set.of(Role.OPERATOR)), NOON))
                        .reason())
                .isEqualTo(Refusal.Reason.KEY_OF_ANOTHER_CALLER);
    }

    @Test
    void off_looks_at_nothing_optional_at_what_is_signed_and_required_at_all() {
        String forged = signer.sign(SPEC, "n", NOON).replace("\"a\"", "\"b\"");
        assertThat(verdict(Mode.OFF, forged)).isEqualTo(new Verdict.Unsigned());
        assertThat(refusal(verdict(Mode.OPTIONAL, forged)).reason()).isEqualTo(Refusal.Reason.SIGNATURE_INVALID);
        assertThat(verdict(Mode.OPTIONAL, SPEC)).isEqualTo(new Verdict.Unsigned());
        assertThat(refusal(verdict(Mode.REQUIRED, SPEC)).reason()).isEqualTo(Refusal.Reason.SIGNATURE_REQUIRED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"signature\": \"x\"}", "{\"public_key\": \"x\"}", "{\"signature\": null, \"public_key\": 7}"})
    void half_of_a_signature_is_not_taken_for_none(String spec) {
        assertThat(refusal(verdict(Mode.OPTIONAL, spec)).reason()).isEqualTo(Refusal.Reason.SIGNATURE_INCOMPLETE);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPTIONAL", "REQUIRED"})
    void without_a_file_of_keys_a_service_that_verifies_does_not_start(Mode mode) {
        assertThatThrownBy(() -> new SigningProperties(mode, null))
                .hasMessageContaining("beacon.signing.trusted-keys-file");
        assertThat(new SigningProperties(Mode.OFF, null).trustedKeysFile()).isNull();
    }
}
