package io.projectbeacon.runner.jobspec;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads a time-out in any of its spellings, and writes it in one. */
final class Timeouts {

    private static final String RULE =
            "must be an ISO-8601 duration (\"PT10M\"), a duration such as \"1h30m\" or \"500ms\","
                    + " or a number of nanoseconds";
    private static final int MOST_CHARACTERS = 100;
    private static final BigDecimal NANOS_A_MILLI = new BigDecimal(1_000_000);
    private static final BigDecimal MOST_NANOS =
            new BigDecimal(Duration.ofDays(7).toNanos());
    private static final Pattern PART = Pattern.compile("\\G([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d)");

    /** The one form of ISO 8601 that {@link Duration#parse} does not read. */
    private static final Pattern WEEKS = Pattern.compile("P([0-9]+)W");

    private Timeouts() {}

    /** The field's duration, rounded up to whole milliseconds, or null when it is absent or at fault. */
    static @Nullable Duration read(Fields fields, String name) {
        JsonNode value = fields.value(name);
        if (value == null) {
            return null;
        }
        BigDecimal nanos = nanos(value);
        if (nanos == null) {
            fields.fault(name, RULE + ", not " + Quoted.value(value));
            return null;
        }
        if (nanos.signum() <= 0) {
            fields.fault(name, "must be longer than nothing, not " + Quoted.value(value));
            return null;
        }
        if (nanos.compareTo(MOST_NANOS) > 0) {
            fields.fault(name, "must be at most 7 days (\"168h\"), not " + Quoted.value(value));
            return null;
        }
        // A value up to 1 ms is not divided: the quotient of 1e-1000000000 would be written out in all its digits.
        return nanos.compareTo(NANOS_A_MILLI) <= 0
                ? Duration.ofMillis(1)
                : Duration.ofMillis(
                        nanos.divide(NANOS_A_MILLI, 0, RoundingMode.CEILING).longValueExact());
    }

    /** The spelling of the normal form. It carries its unit, because a bare number would be read as nanoseconds. */
    static String write(Duration timeout) {
        return timeout.toMillis() + "ms";
    }

    private static @Nullable BigDecimal nanos(JsonNode value) {
        if (value.isNumber()) {
            return value.decimalValue();
        }
        if (!value.isString() || value.stringValue().length() > MOST_CHARACTERS) {
            return null;
        }
        String text = value.stringValue();
        return text.startsWith("P") ? isoNanos(text) : partsNanos(text);
    }

    private static @Nullable BigDecimal isoNanos(String text) {
        Matcher weeks = WEEKS.matcher(text);
        if (weeks.matches()) {
            return new BigDecimal(weeks.group(1))
                    .multiply(BigDecimal.valueOf(7))
                    .multiply(unit("d"));
        }
        try {
            Duration duration = Duration.parse(text);
            return BigDecimal.valueOf(duration.getSeconds(), -9).add(BigDecimal.valueOf(duration.getNano()));
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static @Nullable BigDecimal partsNanos(String text) {
        boolean negative = text.startsWith("-");
        int begin = negative ? 1 : 0;
        Matcher parts = PART.matcher(text).region(begin, text.length());
        BigDecimal sum = BigDecimal.ZERO;
        int end = begin;
        while (parts.find()) {
            sum = sum.add(new BigDecimal(parts.group(1)).multiply(unit(parts.group(2))));
            end = parts.end();
        }
        if (end == begin || end < text.length()) {
            return null;
        }
        return negative ? sum.negate() : sum;
    }

    private static BigDecimal unit(String name) {
        Duration unit = switch (name) {
            case "ns" -> Duration.ofNanos(1);
            case "ms" -> Duration.ofMillis(1);
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            case "d" -> Duration.ofDays(1);
            // Microseconds have three spellings: Unicode has two characters that look like mu.
            default -> Duration.ofNanos(1_000);
        };
        return BigDecimal.valueOf(unit.toNanos());
    }
}
