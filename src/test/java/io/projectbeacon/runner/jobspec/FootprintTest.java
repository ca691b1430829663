package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a body becomes is never more than what is reserved for it. Without garbage, what is allocated is what is held. */
class FootprintTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int MOST = 99_000;

    /**
     * What comes and goes with each number that has a point, each model and each fault. Seen: 3.22, in the interpreter and with
     * the first compiler, which are what a busy machine may read with; the second one leaves a tenth of it out.
     */
    private static final double WITH_GARBAGE = 3.3;

    static Stream<Arguments> documents() {
        return Stream.of(
                Arguments.of("objects in objects", 1, unknown(repeat("{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}", MOST / 5))),
                Arguments.of("objects of one field", 1, unknown(repeat("{\"abcd\":1234}", MOST / 2))),
                Arguments.of("empty objects", 1, unknown(repeat("{}", MOST))),
                Arguments.of("empty arrays", 1, unknown(repeat("[]", MOST))),
                Arguments.of("arrays of one", 1, unknown(repeat("[1]", MOST / 2))),
                Arguments.of("short strings", 1, unknown(repeat("\"ab\"", MOST))),
                Arguments.of("decimals", WITH_GARBAGE, unknown(repeat("1.5", MOST))),
                Arguments.of(
                        "a long text",
                        1,
                        "{\"prompt\":\"" + "x".repeat(1_000_000) + "\",\"models\":[\"a\"],\"regions\":[\"US\"]}"),
                Arguments.of(
                        "a long text of two bytes a character",
                        1,
                        "{\"prompt\":\"" + "\u00e9".repeat(500_000)
                                + "\u20ac\",\"models\":[\"a\"],\"regions\":[\"US\"]}"),
                Arguments.of(
                        "models",
                        WITH_GARBAGE,
                        "{\"models\":[" + models("\"m%d\"", 90_000) + "],\"regions\":[\"US\"]}"),
                Arguments.of(
                        "models with fields",
                        WITH_GARBAGE,
                        "{\"models\":[" + models("{\"id\":\"m%d\",\"x\":1}", 30_000) + "],\"regions\":[\"US\"]}"),
                Arguments.of(
                        "models with regions",
                        WITH_GARBAGE,
                        "{\"models\":[" + models("{\"id\":\"m%d\",\"regions\":[\"US\"]}", 20_000) + "]}"),
                Arguments.of(
                        "entries of one model",
                        WITH_GARBAGE,
                        "{\"models\":[" + repeat("{\"id\":\"a\"}", 49_000) + "],\"regions\":[\"US\"]}"),
                Arguments.of("faults", WITH_GARBAGE, "{\"models\":[" + repeat("1", MOST) + "],\"regions\":[]}"));
    }

    private static String repeat(String value, int times) {
        return (value + ",").repeat(times - 1) + value;
    }

    private static String models(String form, int count) {
        return IntStream.range(0, count).mapToObj(form::formatted).collect(Collectors.joining(","));
    }

    private static String unknown(String values) {
        return "{\"prompt\":\"P\",\"models\":[\"a\"],\"regions\":[\"US\"],\"x\":[" + values + "]}";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("documents")
    void reading_it_takes_no_more_than_is_reserved(String name, double times, String document) {
        byte[] body = document.getBytes(UTF_8);
        Specs.read(body);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        Reading reading = Specs.read(body);
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        long reserved = Footprint.of(body, Limits.defaults().nodes());
        System.out.printf(
                "%s: %d bytes, %d values, %d bytes allocated, %d reserved: %.2f%n",
                name, body.length, NodeCount.of(body), allocated, reserved, (double) allocated / reserved);

        assertThat(reading).isNotInstanceOf(Reading.Malformed.class);
        assertThat((double) allocated).isLessThanOrEqualTo(times * reserved);
    }
}
