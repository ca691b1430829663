package io.projectbeacon.runner.domain;

import java.util.Arrays;
import java.util.Optional;

/** What a paid answer shows that a reader should know of before relying on it. Columns and metrics have the same words. */
public enum AnswerFlag {
    /** It ends where the limit of tokens was reached. */
    LENGTH,
    /** The provider's filter took some of it away, or all. */
    CONTENT_FILTER,
    /** The model refused to answer. */
    REFUSAL,
    /** It has no text, and calls no tool. */
    EMPTY,
    /** The model asks for a tool to be called instead of answering. Only a job that fails on it makes something of it. */
    TOOL_CALLS,
    /** It ended for a reason that this version does not know. A job cannot fail on it. */
    UNKNOWN_FINISH_REASON;

    /** Whether it is worth a mark on a completed cell. An answer that calls tools is what its model was asked for. */
    public boolean marks() {
        return this != TOOL_CALLS;
    }

    public String wireName() {
        return WireName.of(this);
    }

    /** The value of that name, compared exactly; empty when there is none. */
    public static Optional<AnswerFlag> ofWireName(String name) {
        return Arrays.stream(values())
                .filter(value -> value.wireName().equals(name))
                .findFirst();
    }
}
