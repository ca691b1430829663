package io.projectbeacon.runner.jobspec;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Refuses what would cost money, or call another model, without an account of it: fields that gateways obey, and those
 * of which a client would believe that they are honoured. Their values are not quoted, since they may be secrets.
 */
final class RefusedFields {

    private static final String OTHER_MODEL =
            "could have a gateway call another model than the cell's, and is not taken";
    private static final String PASSED_ON = "would go out with the operator's key unread, and is not taken";
    private static final String OPERATORS = "is not taken: the operator configures it for each region";

    private static final Map<String, String> ALWAYS = Map.of(
            "fallbacks", OTHER_MODEL,
            "route", OTHER_MODEL,
            "extra_body", PASSED_ON,
            "extra_headers", PASSED_ON,
            "headers", PASSED_ON,
            "api_base", OPERATORS,
            "base_url", OPERATORS,
            "api_key", OPERATORS,
            "num_retries",
                    "is not taken: calls are repeated here (beacon.inference.max-attempts), each with an account");

    private static final String ONE_ANSWER = "must be 1 or left out: a call has one answer";
    private static final String ONE_ANSWER_A_CELL =
            "is not honoured, and must ask for nothing beyond one answer a cell: 1, null or empty";

    private static final Set<String> COUNTS = Set.of("n", "best_of");
    private static final Set<String> NOT_YET = Set.of("samples", "runs", "inputs");

    private RefusedFields() {}

    static void find(Places places) {
        places.all().forEach(place -> {
            findIn(place);
            Prompts.BOUNDS.stream()
                    .filter(bound -> !places.reads(place, bound))
                    .forEach(bound -> Prompts.tokens(place, bound));
        });
        places.sent().filter(place -> place.has("models")).forEach(place -> place.fault("models", OTHER_MODEL));
    }

    /** Whether a field of this name is looked at here, wherever it stands. */
    static boolean covers(String name) {
        return name.equals("models")
                || name.equals("stream")
                || name.equals("max_cost")
                || ALWAYS.containsKey(name)
                || COUNTS.contains(name)
                || NOT_YET.contains(name);
    }

    private static void findIn(Fields place) {
        place.object().forEachEntry((name, value) -> {
            String broken = value.isNull() ? null : broken(name, value);
            if (broken != null) {
                place.fault(name, broken);
            }
        });
    }

    private static @Nullable String broken(String name, JsonNode value) {
        if (COUNTS.contains(name)) {
            return isOne(value) ? null : ONE_ANSWER;
        }
        if (NOT_YET.contains(name)) {
            return isOne(value) || UnreadInput.isNothing(value) ? null : ONE_ANSWER_A_CELL;
        }
        return switch (name) {
            case "stream" -> value.isBoolean() && !value.booleanValue() ? null : "must be false or left out";
            case "max_cost" ->
                UnreadInput.isNothing(value) ? null : "is not honoured, and so is not taken: no bound would hold";
            default -> ALWAYS.get(name);
        };
    }

    private static boolean isOne(JsonNode value) {
        return value.isNumber() && value.decimalValue().compareTo(BigDecimal.ONE) == 0;
    }
}
