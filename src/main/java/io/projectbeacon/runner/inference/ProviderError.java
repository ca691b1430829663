package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An error in the body of a success: it means what its code would mean as a status. Without such a code it is a generation
 * that failed, which may be tried again; the provider has told its outcome then.
 */
final class ProviderError {

    /** The longest code that is kept, in characters; a provider may put a sentence there. */
    static final int MAX_CODE = 64;

    private static final Pattern STATUS = Pattern.compile("(?:http_?)?([45][0-9]{2})", Pattern.CASE_INSENSITIVE);

    /** What providers say in words instead of a status. */
    private record Word(Pattern pattern, int status) {}

    private static final int PAYMENT_REQUIRED = 402;
    private static final int LONGEST_WORD = 40;
    private static final List<Word> WORDS = List.of(
            new Word(
                    Pattern.compile("insufficient_quota|quota_exceeded|insufficient_credit|payment_required"),
                    PAYMENT_REQUIRED),
            new Word(Pattern.compile("rate_?limit|too_many"), 429),
            new Word(Pattern.compile("overload|unavailable"), 503),
            new Word(Pattern.compile("time_?d?_?out"), 504));

    private ProviderError() {}

    /** Whether an {@code error} says that there is one: {@code null}, {@code false} and what is empty do not. */
    static boolean isThere(@Nullable JsonNode error) {
        if (error == null || error.isNull() || error.isMissingNode()) {
            return false;
        }
        if (error.isBoolean()) {
            return error.booleanValue();
        }
        if (error.isContainer()) {
            return !error.isEmpty();
        }
        return !ProviderText.of(error).isBlank();
    }

    /**
     * The failure that an error means.
     *
     * @param said what the provider says about it
     */
    static Failure failure(JsonNode error, @Nullable String said, Protocol.Context context) {
        String word = word(error);
        Integer status = status(error);
        String message = said == null ? "the provider reports an error and does not say which" : said;
        return status == null
                ? new RetryableFailure(
                        word == null ? "generation_failed" : word,
                        message,
                        context.status(),
                        context.retryAfter(),
                        Told.OUTCOME)
                : context.statuses().failure(status, "http_" + status, message, context.retryAfter());
    }

    private static @Nullable Integer status(JsonNode error) {
        for (String name : new String[] {"code", "status", "http_status", "status_code", "type"}) {
            Integer status = asStatus(error.get(name));
            if (status != null) {
                return status;
            }
        }
        return asStatus(error.isObject() ? null : error);
    }

    /** Whether an error says in a word that no credit is left. */
    static boolean saysOutOfQuota(JsonNode error) {
        return Stream.of("code", "type", "status")
                .map(name -> asStatus(error.get(name)))
                .anyMatch(status -> status != null && status == PAYMENT_REQUIRED);
    }

    /** A number or digits from 400 to 599, or a word that stands for one. */
    static @Nullable Integer asStatus(@Nullable JsonNode code) {
        if (code == null || !code.isValueNode()) {
            return null;
        }
        String text = ProviderText.of(code).strip();
        var digits = STATUS.matcher(text);
        return digits.matches() ? Integer.valueOf(digits.group(1)) : ofWord(text);
    }

    private static @Nullable String word(JsonNode error) {
        for (String name : new String[] {"code", "type", "status"}) {
            JsonNode code = error.get(name);
            String text = code == null || !code.isValueNode() ? "" : ProviderText.message(ProviderText.of(code));
            if (!text.isBlank()) {
                return ProviderText.cut(text, MAX_CODE);
            }
        }
        return null;
    }

    private static @Nullable Integer ofWord(String text) {
        if (text.length() > LONGEST_WORD) {
            return null; // An explanation, which may name a limit for another reason.
        }
        String word = text.toLowerCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
        return WORDS.stream()
                .filter(known -> known.pattern().matcher(word).find())
                .map(Word::status)
                .findFirst()
                .orElse(null);
    }
}
