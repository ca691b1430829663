package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.ParameterNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** The reader under test, and shorthands for documents: {@code '} stands for a double quote. */
final class Specs {

    static final String DEFAULT_PROMPT = "Who are you?";

    private static final JobSpecReader READER = readerWithin(Limits.defaults());

    private Specs() {}

    static KnownRegions regions() {
        Map<String, Set<String>> aliases = new LinkedHashMap<>();
        aliases.put("us-east", Set.of("US", "us-east-1"));
        aliases.put("us-west", Set.of("us-west-2"));
        aliases.put("eu-west", Set.of("EU"));
        aliases.put("asia-pacific", Set.of("ASIA", "APAC"));
        return KnownRegions.of(aliases);
    }

    static JobSpecReader readerWithin(Limits limits) {
        return new JobSpecReader(regions(), limits, DEFAULT_PROMPT, ParameterNames.known());
    }

    static String json(String singleQuoted) {
        return singleQuoted.replace('\'', '"');
    }

    static Reading read(byte[] body) {
        return READER.read(body);
    }

    static Reading read(String singleQuoted) {
        return read(json(singleQuoted).getBytes(UTF_8));
    }

    static NormalizedSpec accepted(String singleQuoted) {
        return accepted(read(singleQuoted));
    }

    static NormalizedSpec accepted(Reading reading) {
        assertThat(reading).isInstanceOf(Reading.Accepted.class);
        return ((Reading.Accepted) reading).spec();
    }

    /** A spec of one cell with these further fields, which begin with a comma. */
    static NormalizedSpec acceptedWith(String fields) {
        return accepted("{'models':['a'],'regions':['US']" + fields + "}");
    }

    static List<Fault> faults(Reading reading) {
        assertThat(reading).isInstanceOf(Reading.Invalid.class);
        return ((Reading.Invalid) reading).faults();
    }

    static ObjectNode tree(String singleQuoted) {
        return SpecContent.parse(json(singleQuoted));
    }
}
