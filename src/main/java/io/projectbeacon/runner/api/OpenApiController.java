package io.projectbeacon.runner.api;

import java.io.IOException;
import java.io.InputStream;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.json.JsonMapper;

/** The description of this API, for people's tools: the page that is kept by hand, as JSON. */
@RestController
class OpenApiController {

    private static final String PAGE = "/openapi.yaml";

    private final byte[] document;

    OpenApiController(JsonMapper json) throws IOException {
        try (InputStream page = OpenApiController.class.getResourceAsStream(PAGE)) {
            if (page == null) {
                throw new IllegalStateException(PAGE + " is not in the jar");
            }
            Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(page);
            document = json.writeValueAsBytes(read);
        }
    }

    @GetMapping(path = "/openapi.json", produces = MediaType.APPLICATION_JSON_VALUE)
    byte[] document() {
        return document;
    }
}
