package io.projectbeacon.runner.domain;

/**
 * The text that makes a signed JobSpec good for one job. It is unique to the key that signed, not to the caller: a key may
 * sign for several callers, and what it has signed once must not run once for each of them; and of two keys of one caller
 * neither can use up what the other will draw.
 *
 * @param key the public key, as base64
 * @param value as the JobSpec's metadata has it
 * @param standing whether a new job may be stored for it
 */
public record Nonce(String key, String value, Standing standing) {

    /** Whether the signature still makes a job, or only finds the job that it has made. */
    public enum Standing {
        CURRENT,
        /** The time of signing is too far from now. */
        TIME_IS_FAR,
        /** The key is not valid yet, or not any more. */
        KEY_NOT_VALID
    }

    /** Whether a new job may be stored for it. */
    public boolean isCurrent() {
        return standing == Standing.CURRENT;
    }
}
