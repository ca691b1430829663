package io.projectbeacon.runner.jobspec;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads whole numbers by their value, so that {@code 3.0} is 3. */
final class WholeNumbers {

    private WholeNumbers() {}

    /** The field's number, or null when it is absent or at fault. */
    static @Nullable Integer read(Fields fields, String name, int least, int most) {
        JsonNode value = fields.value(name);
        if (value == null) {
            return null;
        }
        // The bounds are checked first, by magnitude: 1e1000000000 written out in digits would fill the memory.
        if (value.isNumber() && within(value.decimalValue(), least, most)) {
            BigDecimal bare = value.decimalValue().stripTrailingZeros();
            if (bare.scale() <= 0) {
                return bare.intValueExact();
            }
        }
        fields.fault(name, "must be a whole number from %d to %d, not %s".formatted(least, most, Quoted.value(value)));
        return null;
    }

    private static boolean within(BigDecimal value, int least, int most) {
        return value.compareTo(BigDecimal.valueOf(least)) >= 0 && value.compareTo(BigDecimal.valueOf(most)) <= 0;
    }
}
