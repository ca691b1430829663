package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.OnUnknown;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The job's {@code constraints} but for their regions, which are read with the other regions. */
record Constraints(
        @Nullable Duration timeout,
        OnUnknown onUnknown,
        @Nullable BigDecimal minSuccessRate) {

    private static final int MOST_DECIMAL_PLACES = 100;

    static Constraints read(@Nullable Fields constraints) {
        if (constraints == null) {
            return new Constraints(null, OnUnknown.RERUN, null);
        }
        return new Constraints(
                Timeouts.read(constraints, "timeout"), onUnknown(constraints), minSuccessRate(constraints));
    }

    private static OnUnknown onUnknown(Fields constraints) {
        String name = constraints.string("on_unknown");
        if (name == null) {
            return OnUnknown.RERUN;
        }
        Optional<OnUnknown> known = OnUnknown.ofWireName(name);
        if (known.isEmpty()) {
            constraints.fault("on_unknown", "must be \"rerun\" or \"hold\", not " + Quoted.text(name));
        }
        return known.orElse(OnUnknown.RERUN);
    }

    private static @Nullable BigDecimal minSuccessRate(Fields constraints) {
        JsonNode value = constraints.value("min_success_rate");
        if (value == null) {
            return null;
        }
        if (value.isNumber()) {
            BigDecimal rate = value.decimalValue();
            if (rate.signum() == 0) {
                return BigDecimal.ZERO;
            }
            // Bounded, because arithmetic with 1e-1000000000 would write out all its digits.
            if (rate.signum() > 0 && rate.compareTo(BigDecimal.ONE) <= 0 && rate.scale() <= MOST_DECIMAL_PLACES) {
                return rate;
            }
        }
        constraints.fault(
                "min_success_rate",
                "must be a number from 0 to 1 with at most %d decimal places, not %s"
                        .formatted(MOST_DECIMAL_PLACES, Quoted.value(value)));
        return null;
    }
}
