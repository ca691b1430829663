package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.intake.IdempotencyKeys;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.RequestBodies;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/**
 * Takes many JobSpecs in one request. Each result is sent as soon as it is known, so a batch has no largest number of
 * items; a client that sends tens of thousands should read results while it sends.
 */
@RestController
class BatchController {

    private static final String PATH = "/api/v1/jobs:batch";
    private static final String NDJSON = "application/x-ndjson";

    private final BatchIntake intake;
    private final RequestBodies bodies;
    private final MemoryShare arriving;
    private final int limit;
    private final JsonMapper json;
    private final JobScope scope;

    BatchController(
            BatchIntake intake,
            RequestBodies bodies,
            MemoryBudget budget,
            LimitsProperties limits,
            JsonMapper json,
            JobScope scope) {
        this.intake = intake;
        this.scope = scope;
        this.bodies = bodies;
        this.arriving = budget.arriving();
        this.limit = Math.toIntExact(limits.body().toBytes());
        this.json = json;
    }

    @PostMapping(
            path = PATH,
            consumes = {MediaType.APPLICATION_JSON_VALUE})
    void array(
            HttpServletRequest request,
            HttpServletResponse response,
            @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String idempotencyKey)
            throws IOException {
        String key = IdempotencyKeys.checked(idempotencyKey);
        try (BatchItems items = items(checked(request)).beginArray()) {
            OutputStream out = begin(response, MediaType.APPLICATION_JSON_VALUE);
            write(out, "{\"results\":[");
            intake.take(items, scope.submitter(), key, results(out, ",", ""));
            write(out, "]}");
        }
    }

    @PostMapping(
            path = PATH,
            consumes = {NDJSON, "application/ndjson", "application/jsonl"})
    void lines(
            HttpServletRequest request,
            HttpServletResponse response,
            @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String idempotencyKey)
            throws IOException {
        String key = IdempotencyKeys.checked(idempotencyKey);
        ArrivingRequest.of(request).becomeStream();
        try (BatchItems items = new BatchItems(request.getInputStream(), limit, true, arriving)) {
            intake.take(items, scope.submitter(), key, results(begin(response, NDJSON), "", "\n"));
        }
    }

    private BatchItems items(InputStream array) {
        return new BatchItems(array, limit, false, arriving);
    }

    /**
     * Reads an array that is smaller than {@code beacon.limits.body} to its end first, so that none of its items is
     * taken in if its end is malformed. A larger array is checked as its items are taken in.
     */
    private InputStream checked(HttpServletRequest request) throws IOException {
        byte[] begin = bodies.begin(request, limit);
        if (begin.length == limit) {
            ArrivingRequest arriving = ArrivingRequest.of(request);
            arriving.becomeStream();
            return new SequenceInputStream(released(begin, arriving.body()), request.getInputStream());
        }
        try (BatchItems items = items(new ByteArrayInputStream(begin)).beginArray()) {
            while (items.next() != null) {
                // Only the array's end is checked here; each item is validated later.
            }
        } catch (ProblemException broken) {
            throw new ProblemException(
                    HttpStatus.BAD_REQUEST, "The array has no end, or something follows it. Nothing was taken.");
        }
        return new ByteArrayInputStream(begin);
    }

    /** Gives the memory of the bytes back once they have been read, since what follows them may come for long. */
    private static InputStream released(byte[] begin, MemoryShare.Reservation memory) {
        return new ByteArrayInputStream(begin) {
            @Override
            public void close() {
                memory.release();
            }
        };
    }

    private BatchIntake.Results results(OutputStream out, String between, String after) {
        return new BatchIntake.Results() {
            @Override
            public void add(BatchIntake.Result result) throws IOException {
                write(out, result.index() > 0 ? between : "");
                out.write(json.writeValueAsBytes(result));
                write(out, after);
            }

            @Override
            public void flush() throws IOException {
                out.flush();
            }
        };
    }

    private static OutputStream begin(HttpServletResponse response, String type) throws IOException {
        response.setStatus(HttpStatus.MULTI_STATUS.value());
        response.setContentType(type);
        return response.getOutputStream();
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
