package io.projectbeacon.runner.ui;

import static io.projectbeacon.runner.ui.ApiSchema.map;
import static io.projectbeacon.runner.ui.ApiSchema.text;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The description of the API for people: what {@code /openapi.json} is for their tools, from the same document. */
@Controller
class ApiPage {

    private static final String DOCUMENT = "/openapi.yaml";

    /** What a call takes in its URL or its headers. */
    record Parameter(String in, ApiSchema schema) {}

    /** A body in one of its types. */
    record Body(String mediaType, ApiSchema schema) {}

    record Answer(String status, String description, List<ApiSchema> headers, List<Body> bodies) {}

    record Operation(
            String id,
            String method,
            String path,
            String summary,
            String description,
            List<Parameter> parameters,
            List<Body> bodies,
            List<Answer> answers) {}

    record Section(String name, String description, List<Operation> operations) {}

    private final CurlText curl;
    private final Map<?, ?> document;
    private final List<Section> sections;
    private final List<ApiSchema> schemas = new ArrayList<>();

    ApiPage(CurlText curl) throws IOException {
        this.curl = curl;
        try (InputStream page = ApiPage.class.getResourceAsStream(DOCUMENT)) {
            if (page == null) {
                throw new IllegalStateException(DOCUMENT + " is not in the jar");
            }
            document = map(new Yaml(new SafeConstructor(new LoaderOptions())).load(page));
        }
        sections = sections();
        map(map(document.get("components")).get("schemas"))
                .forEach((name, schema) -> schemas.add(ApiSchema.of(text(name), false, map(schema))));
    }

    @GetMapping("/openapi")
    String page(HttpServletRequest request, Model model) {
        model.addAttribute("info", map(document.get("info")));
        model.addAttribute("sections", sections);
        model.addAttribute("schemas", schemas);
        model.addAttribute("curl", curl.get(request, "/openapi.json"));
        return "ui/openapi";
    }

    private List<Section> sections() {
        List<Section> found = new ArrayList<>();
        for (Object tag : list(document.get("tags"))) {
            String name = text(map(tag).get("name"));
            found.add(new Section(name, text(map(tag).get("description")), operations(name)));
        }
        return found;
    }

    private List<Operation> operations(String tag) {
        List<Operation> found = new ArrayList<>();
        map(document.get("paths"))
                .forEach((path, item) -> map(item).forEach((method, node) -> {
                    Map<?, ?> operation = map(node);
                    if (list(operation.get("tags")).contains(tag)) {
                        List<Object> parameters = new ArrayList<>(list(map(item).get("parameters")));
                        parameters.addAll(list(operation.get("parameters")));
                        found.add(new Operation(
                                text(operation.get("operationId")),
                                text(method).toUpperCase(Locale.ROOT),
                                text(path),
                                text(operation.get("summary")),
                                text(operation.get("description")),
                                parameters.stream().map(this::parameter).toList(),
                                bodies(resolved(operation.get("requestBody"))),
                                answers(operation)));
                    }
                }));
        return found;
    }

    private Parameter parameter(Object node) {
        Map<?, ?> parameter = resolved(node);
        ApiSchema schema = ApiSchema.of(
                text(parameter.get("name")),
                Boolean.TRUE.equals(parameter.get("required")),
                map(parameter.get("schema")));
        return new Parameter(text(parameter.get("in")), described(schema, parameter));
    }

    private List<Answer> answers(Map<?, ?> operation) {
        List<Answer> found = new ArrayList<>();
        map(operation.get("responses")).forEach((status, node) -> {
            Map<?, ?> answer = resolved(node);
            List<ApiSchema> headers = new ArrayList<>();
            map(answer.get("headers")).forEach((name, header) -> {
                Map<?, ?> told = resolved(header);
                headers.add(described(ApiSchema.of(text(name), false, map(told.get("schema"))), told));
            });
            found.add(new Answer(text(status), text(answer.get("description")), headers, bodies(answer)));
        });
        return found;
    }

    private static List<Body> bodies(Map<?, ?> of) {
        List<Body> found = new ArrayList<>();
        map(of.get("content"))
                .forEach((type, body) -> found.add(new Body(
                        text(type), ApiSchema.of("", false, map(map(body).get("schema"))))));
        return found;
    }

    /** A parameter's description stands beside its schema. */
    private static ApiSchema described(ApiSchema schema, Map<?, ?> by) {
        String description = text(by.get("description"));
        return description.isEmpty()
                ? schema
                : new ApiSchema(
                        schema.name(),
                        schema.required(),
                        schema.type(),
                        schema.link(),
                        description,
                        schema.notes(),
                        schema.fields());
    }

    /** What a reference leads to, {@code #/components/headers/Location}; anything else is itself. */
    private Map<?, ?> resolved(@Nullable Object node) {
        String reference = text(map(node).get("$ref"));
        if (!reference.startsWith("#/")) {
            return map(node);
        }
        Map<?, ?> found = document;
        for (String step : List.of(reference.substring(2).split("/"))) {
            found = map(found.get(step));
        }
        return found;
    }

    private static List<?> list(@Nullable Object node) {
        return node instanceof List<?> list ? list : List.of();
    }
}
