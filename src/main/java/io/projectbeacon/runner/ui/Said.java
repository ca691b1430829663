package io.projectbeacon.runner.ui;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What has come of a button: a word in the URL of the page that comes next, and the sentence that the page says for it. */
enum Said {
    REPLAYED("This is the job that was submitted before; nothing new runs."),
    CANCELLED("The job has been cancelled: calls under way are interrupted, and no cell of it starts any more."),
    CANCELLED_BEFORE("The job was cancelled before; there was nothing left to do."),
    ENDED("The job had ended already, so there was nothing to cancel. To run what failed in it, retry it."),
    RETRIED("The job runs again. Cells that are completed are not called again: each is stopped and counted."),
    ACTIVE("The job has not ended yet, so it cannot be retried. Wait for its end, or cancel it first."),
    ERASED("The job cannot be retried: its content has been erased, and nobody knows what its cells would ask.");

    private final String sentence;

    Said(String sentence) {
        this.sentence = sentence;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The sentence of a word; null for a word that is none, since nothing of the URL is repeated on the page. */
    static @Nullable String text(@Nullable String word) {
        return Arrays.stream(values())
                .filter(said -> said.word().equals(word))
                .map(said -> said.sentence)
                .findFirst()
                .orElse(null);
    }
}
