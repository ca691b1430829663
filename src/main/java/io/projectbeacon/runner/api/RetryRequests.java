package io.projectbeacon.runner.api;

import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.RequestBodies;
import io.projectbeacon.runner.jobspec.Fault;
import io.projectbeacon.runner.jobspec.NodeCount;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** Reads the body of a retry: {@code {"include_unknown": true, "new_keys": true}}, either of them, or an empty body. */
@Component
class RetryRequests {

    /**
     * What a person's retry may ask for.
     *
     * @param includeUnknown that held cells run as well
     * @param newKeys that the cells which run give up the keys under which they were called
     */
    record Wanted(boolean includeUnknown, boolean newKeys) {

        static final Wanted PLAIN = new Wanted(false, false);
    }

    private static final String INCLUDE_UNKNOWN = "include_unknown";
    private static final String NEW_KEYS = "new_keys";

    private static final List<MediaType> JSON_TYPES =
            List.of(MediaType.APPLICATION_JSON, MediaType.parseMediaType("application/*+json"));

    /** What it may ask for is two fields; a tree of a thousand values takes next to nothing. */
    private static final int MOST_VALUES = 1_000;

    private final RequestBodies bodies;
    private final ObjectReader reader;

    RetryRequests(RequestBodies bodies, JsonMapper json) {
        this.bodies = bodies;
        this.reader = json.reader()
                .with(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    Wanted read(HttpServletRequest request) throws IOException {
        byte[] body = bodies.read(request);
        if (body.length == 0) {
            return Wanted.PLAIN;
        }
        if (!isJson(request.getContentType())) {
            throw new ProblemException(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE, "The body of a retry is application/json, or empty.");
        }
        if (NodeCount.of(body) > MOST_VALUES) {
            throw new ProblemException(
                    HttpStatus.BAD_REQUEST, "The body of a retry has more than " + MOST_VALUES + " values.");
        }
        JsonNode document = parse(body);
        if (!document.isObject()) {
            throw refused(List.of(new Fault("", "must be an object")));
        }
        List<Fault> faults = Stream.of(INCLUDE_UNKNOWN, NEW_KEYS)
                .filter(name -> document.hasNonNull(name) && !document.get(name).isBoolean())
                .map(name -> new Fault("/" + name, "must be true or false"))
                .toList();
        if (!faults.isEmpty()) {
            throw refused(faults);
        }
        return new Wanted(
                document.path(INCLUDE_UNKNOWN).asBoolean(false),
                document.path(NEW_KEYS).asBoolean(false));
    }

    private static boolean isJson(@Nullable String type) {
        try {
            MediaType given = type == null ? MediaType.TEXT_PLAIN : MediaType.parseMediaType(type);
            return JSON_TYPES.stream().anyMatch(given::isCompatibleWith);
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }

    private JsonNode parse(byte[] body) {
        try {
            return reader.readTree(body);
        } catch (JacksonException malformed) {
            throw new ProblemException(HttpStatus.BAD_REQUEST, "The body is not JSON.");
        }
    }

    private static ProblemException refused(List<Fault> faults) {
        return new ProblemException(HttpStatus.UNPROCESSABLE_CONTENT, "The body of the retry breaks a rule.", faults);
    }
}
