package io.projectbeacon.runner.support;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The description of the API, to which every answer that a test gets is held, and every body that was taken. */
public final class ApiDocument {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final JsonNode DOCUMENT = read();
    private static final Map<String, Schema> READ = new ConcurrentHashMap<>();

    private ApiDocument() {}

    private static JsonNode read() {
        try (InputStream page = ApiDocument.class.getResourceAsStream("/openapi.yaml")) {
            return JSON.valueToTree(new Yaml().load(page));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static JsonNode paths() {
        return DOCUMENT.path("paths");
    }

    /** What an answer has that the description does not say, or the reverse; empty for paths that it does not describe. */
    static List<String> faultsOf(HttpResponse<String> response) {
        String method = response.request().method().toLowerCase(Locale.ROOT);
        Optional<String> path = pathOf(response.request().uri());
        if (path.isEmpty()) {
            return List.of();
        }
        String of = method.toUpperCase(Locale.ROOT) + " " + path.get();
        JsonNode operation = paths().path(path.get()).path(method);
        if (operation.isMissingNode()) {
            // A method that the path does not have: a 405 of the same form as any refusal.
            return problem(of, response);
        }
        JsonNode responses = operation.path("responses");
        String status = Integer.toString(response.statusCode());
        JsonNode described = resolved(responses.has(status) ? responses.get(status) : responses.path("default"));
        if (!responses.has(status) && response.statusCode() < 400) {
            return List.of(of + " is not said to answer " + status);
        }
        if (!described.has("content")) {
            return response.body().isEmpty() ? List.of() : List.of(of + " is said to have no body for " + status);
        }
        return body(of, described.path("content"), response);
    }

    /** What a body that was taken has that the description does not say, or the reverse. */
    static List<String> faultsOfTaken(HttpResponse<String> response, byte[] body) {
        Optional<String> path = pathOf(response.request().uri());
        String type = response.request().headers().firstValue("Content-Type").orElse("");
        // Of a batch, 207, some items may have been refused.
        if (path.isEmpty() || response.statusCode() > 202 || body.length == 0 || !type.equals("application/json")) {
            return List.of();
        }
        JsonNode schema = paths().path(path.get())
                .path(response.request().method().toLowerCase(Locale.ROOT))
                .at("/requestBody/content/application~1json/schema");
        return errors("what " + path.get() + " was sent", schema, JSON.readTree(body));
    }

    private static List<String> problem(String of, HttpResponse<String> response) {
        return body(of, resolved(DOCUMENT.at("/components/responses/Problem")).path("content"), response);
    }

    private static List<String> body(String of, JsonNode content, HttpResponse<String> response) {
        if (response.request().method().equals("HEAD") || response.body().isEmpty()) {
            return List.of();
        }
        String type = response.headers().firstValue("Content-Type").orElse("").split(";")[0];
        if (!content.has(type)) {
            return List.of(of + " is not said to answer " + response.statusCode() + " as " + type);
        }
        if (!type.endsWith("json") || type.endsWith("ndjson")) {
            return List.of();
        }
        return errors(of, content.get(type).path("schema"), JSON.readTree(response.body()));
    }

    private static List<String> errors(String of, JsonNode schema, JsonNode document) {
        List<Error> errors =
                READ.computeIfAbsent(schema.toString(), key -> schema(schema)).validate(document);
        return errors.stream().map(error -> of + ": " + error).toList();
    }

    /** A schema with all that it may refer to beside it. */
    private static Schema schema(JsonNode schema) {
        ObjectNode whole = JSON.createObjectNode();
        whole.set("allOf", JSON.createArrayNode().add(schema));
        whole.set("components", DOCUMENT.path("components"));
        return SCHEMAS.getSchema(whole);
    }

    private static JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? DOCUMENT.at(node.get("$ref").asString().substring(1)) : node;
    }

    /** Those without parameters first. */
    private static Optional<String> pathOf(URI uri) {
        return paths().propertyNames().stream()
                .filter(path -> Pattern.matches(
                        "\\Q" + path.replaceAll("\\{\\w+}", "\\\\E[^/]+\\\\Q") + "\\E", uri.getRawPath()))
                .findFirst();
    }
}
