package io.projectbeacon.runner.inference;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Retry-After} header (RFC 9110, 10.2.3): seconds, with or without a fraction, or a date in any of the three forms
 * of HTTP (5.6.7); and {@code retry-after-ms}, as some providers send beside it. A date is counted from the answer's own
 * {@code Date}, if it has one: the clocks of provider and runner may differ.
 */
final class RetryAfter {

    /** No provider means longer than this; a larger number is a mistake or an attack, and would overflow sums. */
    private static final Duration LONGEST = Duration.ofDays(1);

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,30}(?:\\.[0-9]{0,30})?");
    private static final BigDecimal LONGEST_MILLIS = BigDecimal.valueOf(LONGEST.toMillis());
    private static final BigDecimal MILLIS_A_SECOND = BigDecimal.valueOf(1000);

    /** RFC 850, obsolete: its years have two digits, which are taken as the nearest such year up to 50 years ahead. */
    private static final DateTimeFormatter RFC_850 = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .appendPattern("EEEE, dd-MMM-")
            .appendValueReduced(ChronoField.YEAR, 2, 2, 1976)
            .appendPattern(" HH:mm:ss 'GMT'")
            .toFormatter(Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final DateTimeFormatter ASCTIME = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .appendPattern("EEE MMM ")
            .padNext(2)
            .appendValue(ChronoField.DAY_OF_MONTH, 1, 2, SignStyle.NOT_NEGATIVE)
            .appendPattern(" HH:mm:ss yyyy")
            .toFormatter(Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final List<DateTimeFormatter> DATES =
            List.of(DateTimeFormatter.RFC_1123_DATE_TIME, RFC_850, ASCTIME);

    private RetryAfter() {}

    /** How long to wait, from zero to a day; null without a header that can be read. */
    static @Nullable Duration of(HttpHeaders headers, Clock clock) {
        Optional<Duration> millis =
                headers.firstValue("retry-after-ms").flatMap(value -> number(value, BigDecimal.ONE));
        return millis.or(() -> headers.firstValue("Retry-After").flatMap(value -> wait(value, headers, clock)))
                .orElse(null);
    }

    private static Optional<Duration> wait(String value, HttpHeaders headers, Clock clock) {
        return number(value, MILLIS_A_SECOND)
                .or(() -> date(value).map(until -> {
                    Instant now =
                            headers.firstValue("Date").flatMap(RetryAfter::date).orElseGet(clock::instant);
                    return bounded(Duration.between(now, until));
                }));
    }

    /** Rounded up to whole milliseconds. */
    private static Optional<Duration> number(String value, BigDecimal unitInMillis) {
        String number = value.strip();
        if (!NUMBER.matcher(number).matches()) {
            return Optional.empty();
        }
        BigDecimal millis = new BigDecimal(number).multiply(unitInMillis).setScale(0, RoundingMode.CEILING);
        return Optional.of(Duration.ofMillis(millis.min(LONGEST_MILLIS).longValueExact()));
    }

    private static Optional<Instant> date(String value) {
        for (DateTimeFormatter form : DATES) {
            try {
                return Optional.of(ZonedDateTime.parse(value.strip(), form).toInstant());
            } catch (DateTimeException e) {
                // Another form may fit.
            }
        }
        return Optional.empty();
    }

    private static Duration bounded(Duration wait) {
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }
}
