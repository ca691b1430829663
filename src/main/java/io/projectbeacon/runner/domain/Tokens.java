package io.projectbeacon.runner.domain;

/**
 * How many tokens answers took, as the provider counted them; what it did not count is 0 here.
 *
 * @param cached of the prompt, read from the provider's cache
 * @param reasoning of the completion, which the model has thought and not said
 */
public record Tokens(long prompt, long completion, long cached, long reasoning) {

    public static final Tokens NONE = new Tokens(0, 0, 0, 0);

    /** The kinds, as labels. */
    public enum Kind {
        PROMPT,
        COMPLETION,
        CACHED,
        REASONING;

        public String wireName() {
            return WireName.of(this);
        }
    }

    public Tokens plus(Tokens other) {
        return new Tokens(
                prompt + other.prompt,
                completion + other.completion,
                cached + other.cached,
                reasoning + other.reasoning);
    }

    public long of(Kind kind) {
        return switch (kind) {
            case PROMPT -> prompt;
            case COMPLETION -> completion;
            case CACHED -> cached;
            case REASONING -> reasoning;
        };
    }
}
