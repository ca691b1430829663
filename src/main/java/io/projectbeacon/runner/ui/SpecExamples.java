package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.region.Regions;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the form of a new job is filled with. */
@Component
class SpecExamples {

    private static final int REGIONS_OF_THE_EXAMPLE = 2;

    /** What names a job, and who has signed it: a job like it is another one. */
    private static final List<String> ITS_OWN = List.of("id", "signature", "public_key");

    private final Regions regions;
    private final JsonMapper json;

    SpecExamples(Regions regions, JsonMapper json) {
        this.regions = regions;
        this.json = json;
    }

    /** The first job of the README: it names a model twice. Without an id, so that it can be run again. */
    String first() {
        return """
                {
                  "models": ["llama3.2-1b", "llama3.2-1b"],
                  "regions": [%s],
                  "prompt": "Who are you?"
                }""".formatted(regions.names().stream()
                .filter(name -> !name.equals("us-west")) // Two that lie apart say more.
                .limit(REGIONS_OF_THE_EXAMPLE)
                .map(name -> '"' + name + '"')
                .collect(Collectors.joining(", ")));
    }

    /** A JobSpec as it came, less what only one job can have. */
    String like(String spec) {
        JsonNode document = json.readTree(spec);
        if (document instanceof ObjectNode object) {
            object.remove(ITS_OWN);
        }
        return json.writerWithDefaultPrettyPrinter().writeValueAsString(document);
    }
}
