package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.domain.Nonce;
import io.projectbeacon.runner.jobspec.Fault;
import io.projectbeacon.runner.signing.Refusal;
import io.projectbeacon.runner.signing.Verdict;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** The problem documents about signatures. Each has a type, because a program that signs has to tell them apart. */
final class SignatureProblems {

    private static final String TYPE = "urn:problem-type:beacon:";

    private SignatureProblems() {}

    /**
     * The nonce of a verified signature; null for a JobSpec that is not signed and need not be.
     *
     * @throws ProblemException when the JobSpec must not be taken
     */
    static @Nullable Nonce nonceOf(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Unsigned unsigned -> null;
            case Verdict.Signed signed -> signed.nonce();
            case Verdict.Refused refused -> throw refused(refused.refusal());
        };
    }

    static ProblemException nonceUsed() {
        return problem(
                HttpStatus.UNPROCESSABLE_CONTENT,
                "nonce-used",
                "/metadata/nonce",
                "The key has used this nonce for another document, or for this one under another id or Idempotency-Key."
                        + " Nothing was stored; sign a new job with a new nonce.");
    }

    /** A signature that is good only for finding its job again, and there is none. */
    static ProblemException notCurrent(Nonce nonce) {
        return switch (nonce.standing()) {
            case KEY_NOT_VALID ->
                problem(
                        HttpStatus.FORBIDDEN,
                        "key-not-valid",
                        "/public_key",
                        "The key is not valid now: its time has not come, or is over. No job is stored for it.");
            case TIME_IS_FAR, CURRENT ->
                problem(
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "timestamp-too-far",
                        "/metadata/timestamp",
                        "The time of signing is more than 5 minutes from now, and no job of this document is stored. Sign"
                                + " it anew, and see that both clocks are right.");
        };
    }

    private static ProblemException refused(Refusal refusal) {
        HttpStatus status = switch (refusal.reason()) {
            case KEY_NOT_TRUSTED, KEY_OF_ANOTHER_CALLER -> HttpStatus.FORBIDDEN;
            case KEYS_UNAVAILABLE -> HttpStatus.SERVICE_UNAVAILABLE;
            case SIGNATURE_REQUIRED,
                    SIGNATURE_INCOMPLETE,
                    SIGNATURE_MALFORMED,
                    PUBLIC_KEY_MALFORMED,
                    FIELD_NOT_SIGNED,
                    NONCE_MALFORMED,
                    TIMESTAMP_MALFORMED,
                    NOT_CANONICAL,
                    SIGNATURE_INVALID -> HttpStatus.UNPROCESSABLE_CONTENT;
        };
        String type = refusal.reason().name().toLowerCase(Locale.ROOT).replace('_', '-');
        ProblemException problem = problem(status, type, refusal.pointer(), refusal.detail());
        if (status == HttpStatus.SERVICE_UNAVAILABLE) {
            problem.getHeaders().set(HttpHeaders.RETRY_AFTER, String.valueOf(ProblemException.SECONDS_UNTIL_DATABASE));
        }
        return problem;
    }

    private static ProblemException problem(HttpStatus status, String type, String pointer, String detail) {
        ProblemException problem = new ProblemException(status, detail, List.of(new Fault(pointer, detail)));
        problem.getBody().setType(URI.create(TYPE + type));
        return problem;
    }
}
