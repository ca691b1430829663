package io.projectbeacon.runner.domain;

import java.util.HashSet;
import java.util.Set;

/**
 * The names of the parameters that reach a model. They are a list, because a call goes out with the operator's key: a
 * gateway would also obey fields that call another model, or that repeat a paid call where no account sees it.
 */
public final class ParameterNames {

    /** The bounds of an answer's tokens. Newer models refuse the first, older servers do not know the second. */
    public static final String MAX_TOKENS = "max_tokens";

    public static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";

    private static final Set<String> KNOWN = Set.of(
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "seed",
            "stop",
            MAX_TOKENS,
            MAX_COMPLETION_TOKENS,
            "response_format",
            "reasoning_effort",
            "reasoning",
            "verbosity",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "frequency_penalty",
            "presence_penalty",
            "repetition_penalty",
            "user",
            "service_tier");

    /** What would make a call another one than its cell's, or what the service says itself. */
    private static final Set<String> NEVER = Set.of(
            "models",
            "fallbacks",
            "route",
            "extra_body",
            "extra_headers",
            "headers",
            "api_base",
            "base_url",
            "api_key",
            "num_retries",
            "best_of",
            "n",
            "stream",
            "stream_options",
            "samples",
            "runs",
            "inputs",
            "max_cost",
            "id",
            "name",
            "regions",
            "region_preference",
            "model",
            "messages",
            "system",
            "prompt",
            "question",
            "questions",
            "input");

    private final Set<String> names;

    private ParameterNames(Set<String> names) {
        this.names = names;
    }

    /** Those that are known to be parameters of chat completions. */
    public static ParameterNames known() {
        return new ParameterNames(KNOWN);
    }

    /**
     * The known names and these.
     *
     * @throws IllegalArgumentException when one of them can never be a parameter
     */
    public static ParameterNames knownAnd(Set<String> further) {
        Set<String> all = new HashSet<>(KNOWN);
        for (String name : further) {
            if (name.isBlank() || NEVER.contains(name)) {
                throw new IllegalArgumentException('"' + name + "\" can never be a parameter");
            }
            all.add(name);
        }
        return new ParameterNames(Set.copyOf(all));
    }

    public boolean contains(String name) {
        return names.contains(name);
    }
}
