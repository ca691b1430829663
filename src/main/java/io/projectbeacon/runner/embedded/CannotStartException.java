package io.projectbeacon.runner.embedded;

/** Why the service cannot start: one sentence for the person at the terminal, saying what to do. */
final class CannotStartException extends RuntimeException {

    CannotStartException(String sentence) {
        super(sentence);
    }

    CannotStartException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
