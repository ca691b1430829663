package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.ParameterNames;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads {@code benchmark} and the top-level {@code prompt}; the benchmark's prompt is preferred. */
final class Prompts {

    private static final int MOST_TOKENS = 1_000_000;

    /** The two names of the bound. */
    static final List<String> BOUNDS = List.of(ParameterNames.MAX_TOKENS, ParameterNames.MAX_COMPLETION_TOKENS);

    private Prompts() {}

    /**
     * The prompt of the job's cells.
     *
     * @param text the prompt, never blank
     * @param isDefault whether the document has none, so that the text is the configured one
     * @param maxTokens the most tokens of an answer; null when the document sets no bound
     */
    record Prompt(String text, boolean isDefault, @Nullable Integer maxTokens) {}

    static Prompt read(Fields spec, String defaultPrompt) {
        Fields data = data(spec);
        String inner = data == null ? null : prompt(data);
        String outer = prompt(spec);
        Integer maxTokens = data == null ? null : tokens(data, ParameterNames.MAX_TOKENS);
        if (inner != null && outer != null && !inner.equals(outer)) {
            spec.findings().warn("benchmark.input.data.prompt and prompt differ; the benchmark's is asked");
        }
        String text = inner != null ? inner : outer;
        return new Prompt(text == null ? defaultPrompt : text, text == null, maxTokens);
    }

    /** A bound of an answer's tokens. */
    static @Nullable Integer tokens(Fields fields, String name) {
        return WholeNumbers.read(fields, name, 1, MOST_TOKENS);
    }

    private static @Nullable Fields data(Fields spec) {
        Fields benchmark = spec.object("benchmark");
        if (benchmark == null) {
            return null;
        }
        benchmark.string("name");
        Fields input = benchmark.object("input");
        if (input == null) {
            return null;
        }
        input.string("type");
        return input.object("data");
    }

    private static @Nullable String prompt(Fields fields) {
        String prompt = fields.string("prompt");
        if (prompt != null) {
            Questions.check(prompt, fields.at("prompt"), fields.findings());
        }
        return prompt;
    }
}
