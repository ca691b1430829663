package io.projectbeacon.runner.security;

/** Settings by which the service would be less protected than they say: one sentence, saying what to do. */
final class SecuritySettingsException extends RuntimeException {

    SecuritySettingsException(String sentence) {
        super(sentence);
    }
}
