package io.projectbeacon.runner.signing;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Nonce;
import io.projectbeacon.runner.signing.Refusal.Reason;
import io.projectbeacon.runner.signing.SigningProperties.Mode;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.stereotype.Component;
import tools.jackson.databind.node.ObjectNode;

/** Verifies the signature of a JobSpec, before anything else is done with it. */
@Component
public class Signatures {

    private static final Logger log = LoggerFactory.getLogger(Signatures.class);

    private static final String SIGNATURE = "signature";
    private static final String PUBLIC_KEY = "public_key";

    private final Mode mode;
    private final @Nullable TrustedKeys keys;
    private final Clock clock;

    Signatures(SigningProperties properties, Clock clock) {
        this.mode = properties.mode();
        this.clock = clock;
        Path file = properties.trustedKeysFile();
        this.keys = mode == Mode.OFF || file == null ? null : read(file);
        if (keys != null) {
            log.info(
                    "Signatures of JobSpecs are {}; who may sign is said by {}",
                    mode == Mode.REQUIRED ? "required" : "verified where there is one",
                    file);
        }
    }

    private static TrustedKeys read(Path file) {
        try {
            return new TrustedKeys(file);
        } catch (IllegalArgumentException broken) {
            throw new InvalidConfigurationPropertyValueException(
                    "beacon.signing.trusted-keys-file", file, String.valueOf(broken.getMessage()));
        }
    }

    /**
     * Verifies a JobSpec.
     *
     * @param spec as it was received, without the portal's wrapper
     * @param wrapper the portal's object around it; null when there is none
     * @param regionsOfWrapper whether the job's regions are named by the wrapper
     * @param caller whose request it is
     */
    public Verdict verify(ObjectNode spec, @Nullable ObjectNode wrapper, boolean regionsOfWrapper, Caller caller) {
        if (keys == null) {
            return new Verdict.Unsigned();
        }
        try {
            requireAllInside(spec, wrapper, regionsOfWrapper);
            return wrapper == null ? verdict(spec, keys, caller) : verdictInside(spec, keys, caller);
        } catch (RefusedException refused) {
            return new Verdict.Refused(refused.refusal());
        }
    }

    /** Places are told as they are in the document that was received. */
    private Verdict verdictInside(ObjectNode spec, TrustedKeys keys, Caller caller) throws RefusedException {
        try {
            return verdict(spec, keys, caller);
        } catch (RefusedException refused) {
            throw refused.within("jobspec");
        }
    }

    private Verdict verdict(ObjectNode spec, TrustedKeys keys, Caller caller) throws RefusedException {
        if (isSigned(spec)) {
            return new Verdict.Signed(nonce(spec, keys, caller));
        }
        if (mode == Mode.REQUIRED) {
            throw new RefusedException(
                    Reason.SIGNATURE_REQUIRED,
                    "/" + SIGNATURE,
                    "This service takes signed JobSpecs only, and this one has no signature.");
        }
        return new Verdict.Unsigned();
    }

    private static boolean isSigned(ObjectNode spec) {
        return spec.hasNonNull(SIGNATURE) || spec.hasNonNull(PUBLIC_KEY);
    }

    /** What the wrapper says is signed by nothing. */
    private static void requireAllInside(ObjectNode spec, @Nullable ObjectNode wrapper, boolean regionsOfWrapper)
            throws RefusedException {
        if (wrapper != null && isSigned(wrapper)) {
            throw new RefusedException(
                    Reason.SIGNATURE_INCOMPLETE,
                    "/" + SIGNATURE,
                    "The signature stands beside the JobSpec; it is read inside it, with its public_key.");
        }
        if (regionsOfWrapper && isSigned(spec)) {
            throw new RefusedException(
                    Reason.FIELD_NOT_SIGNED,
                    "/target_regions",
                    "The regions stand beside the signed JobSpec, where its signature does not cover them. Name them inside.");
        }
    }

    private Nonce nonce(ObjectNode spec, TrustedKeys keys, Caller caller) throws RefusedException {
        SignatureFields fields = SignatureFields.read(spec);
        Map<String, TrustedKey> trusted = keys.now();
        if (trusted == null) {
            throw new RefusedException(
                    Reason.KEYS_UNAVAILABLE,
                    "/" + PUBLIC_KEY,
                    "The trusted keys cannot be read now, so no signature is believed. Send the same request again later.");
        }
        TrustedKey key = trusted.get(fields.publicKey());
        if (key == null) {
            throw new RefusedException(
                    Reason.KEY_NOT_TRUSTED, "/" + PUBLIC_KEY, "The key is not among those that this service trusts.");
        }
        if (!Ed25519.verify(key.key(), Canonical.of(spec), fields.signature())) {
            throw new RefusedException(
                    Reason.SIGNATURE_INVALID,
                    "/" + SIGNATURE,
                    "The signature is not one of this document by this key: one of the three has been changed.");
        }
        if (!key.callers().contains(caller.name())) {
            throw new RefusedException(
                    Reason.KEY_OF_ANOTHER_CALLER, "/" + PUBLIC_KEY, "The key does not sign for this caller.");
        }
        return new Nonce(fields.publicKey(), fields.nonce(), standing(key, fields.time()));
    }

    private Nonce.Standing standing(TrustedKey key, Instant signed) {
        Instant now = clock.instant();
        if (!SignatureFields.isNear(signed, now)) {
            return Nonce.Standing.TIME_IS_FAR;
        }
        return key.isValidAt(now) ? Nonce.Standing.CURRENT : Nonce.Standing.KEY_NOT_VALID;
    }
}
