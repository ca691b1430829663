package io.projectbeacon.runner.signing;

/**
 * Why a JobSpec is not taken for signed.
 *
 * @param pointer where, within the JobSpec, as an RFC 6901 pointer
 * @param detail what is wrong, for people
 */
public record Refusal(Reason reason, String pointer, String detail) {

    /** What a program can tell apart. */
    public enum Reason {
        /** There is no signature, and one is required. */
        SIGNATURE_REQUIRED,
        /** Only a part of a signature is there, or it stands in another place. */
        SIGNATURE_INCOMPLETE,
        /** The signature is no Ed25519 signature in base64. */
        SIGNATURE_MALFORMED,
        /** The public key is no Ed25519 key in base64. */
        PUBLIC_KEY_MALFORMED,
        /** Something that decides on the job stands outside of what is signed. */
        FIELD_NOT_SIGNED,
        /** The nonce is missing, or not of its form. */
        NONCE_MALFORMED,
        /** The time of signing is missing, or not of its form. */
        TIMESTAMP_MALFORMED,
        /** Two readers could understand the document differently. */
        NOT_CANONICAL,
        /** The key is not among the trusted ones. */
        KEY_NOT_TRUSTED,
        /** The signature is not one of this document by this key. */
        SIGNATURE_INVALID,
        /** The key may not sign for this caller. */
        KEY_OF_ANOTHER_CALLER,
        /** The trusted keys cannot be read. */
        KEYS_UNAVAILABLE
    }
}
