package io.projectbeacon.runner.chaos;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The chaos provider's file: a line for each request that comes ({@code start}) and each reply that goes ({@code end}),
 * and for each beginning and end of the model ({@code run}, {@code ran}). Each is written before the provider goes on.
 */
final class ProviderLedger {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final BufferedWriter file;
    private long last;

    ProviderLedger(Path file) throws IOException {
        this.file = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    synchronized long begin(String process, String key, String model, String prompt) throws IOException {
        long n = ++last;
        append(line("start", n)
                .put("process", process)
                .put("key", key)
                .put("model", model)
                .put("prompt", prompt));
        return n;
    }

    synchronized void end(long n, Front front, Reply reply, boolean clientGone) throws IOException {
        append(line("end", n)
                .put("front", front.name())
                .put("told", reply.told().name())
                .put("status", reply.status())
                .put("replayed", reply.replayed())
                .put("client_gone", clientGone)
                .put("answer", reply.answer()));
    }

    synchronized void run(long n) throws IOException {
        append(line("run", n));
    }

    synchronized void ran(long n, Generation generation) throws IOException {
        append(line("ran", n).put("generation", generation.name()).put("success", generation.success()));
    }

    private static ObjectNode line(String event, long n) {
        return JSON.createObjectNode()
                .put("event", event)
                .put("n", n)
                .put("at", Instant.now().toString());
    }

    private void append(ObjectNode line) throws IOException {
        file.write(line.toString());
        file.newLine();
        file.flush();
    }

    /** Reads all requests of a ledger's file, in the order of their starts. */
    static List<Call> read(Path file) throws IOException {
        Map<Long, Map<String, JsonNode>> requests = new TreeMap<>();
        for (String line : Files.readAllLines(file)) {
            JsonNode node = JSON.readTree(line);
            requests.computeIfAbsent(node.path("n").asLong(), first -> new HashMap<>())
                    .put(node.path("event").asString(), node);
        }
        List<Call> calls = new ArrayList<>();
        requests.forEach((n, events) -> calls.add(call(n, events)));
        return calls;
    }

    private static Call call(long n, Map<String, JsonNode> events) {
        JsonNode start = events.getOrDefault("start", JSON.missingNode());
        JsonNode end = events.getOrDefault("end", JSON.missingNode());
        boolean ended = !end.isMissingNode();
        return new Call(
                n,
                start.path("process").asString(),
                Key.of(start.path("key").asString()),
                Instant.parse(start.path("at").asString()),
                at(end),
                ended ? Told.valueOf(end.path("told").asString()) : Told.NOTHING,
                end.path("status").asInt(0),
                end.path("replayed").asBoolean(false),
                end.path("client_gone").asBoolean(false),
                end.path("answer").isString() ? end.path("answer").asString() : null,
                run(events));
    }

    private static @Nullable ModelRun run(Map<String, JsonNode> events) {
        JsonNode run = events.get("run");
        JsonNode ran = events.getOrDefault("ran", JSON.missingNode());
        return run == null
                ? null
                : new ModelRun(
                        Instant.parse(run.path("at").asString()),
                        at(ran),
                        ran.path("success").asBoolean(false));
    }

    private static @Nullable Instant at(JsonNode event) {
        return event.isMissingNode() ? null : Instant.parse(event.path("at").asString());
    }
}
