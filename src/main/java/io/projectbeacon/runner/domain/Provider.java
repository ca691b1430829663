package io.projectbeacon.runner.domain;

/** Which protocol the models' servers speak. */
public enum Provider {
    /** No server: answers are made up in this process. */
    SIMULATED,
    /** Any server with OpenAI's {@code POST /v1/chat/completions}. */
    OPENAI,
    /** Project Beacon's hybrid router with its {@code POST /inference}. */
    HYBRID_ROUTER;

    /** The provider as {@code beacon.inference.provider} spells it. */
    public String propertyName() {
        return WireName.of(this).replace('_', '-');
    }
}
