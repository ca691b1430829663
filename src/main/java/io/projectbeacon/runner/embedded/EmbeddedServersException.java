package io.projectbeacon.runner.embedded;

/** Why the embedded servers cannot run: one sentence for the person at the terminal, saying what to do. */
final class EmbeddedServersException extends RuntimeException {

    EmbeddedServersException(String sentence) {
        super(sentence);
    }

    EmbeddedServersException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
