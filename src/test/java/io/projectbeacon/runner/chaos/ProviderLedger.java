package io.projectbeacon.runner.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The chaos provider's file of calls: one line for each start and each end, written before the provider goes on. */
final class ProviderLedger {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final BufferedWriter file;
    private long last;

    ProviderLedger(Path file) throws IOException {
        this.file = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    synchronized long begin(String process, String key, String model, String prompt) throws IOException {
        long n = ++last;
        append(JSON.createObjectNode()
                .put("event", "start")
                .put("n", n)
                .put("at", Instant.now().toString())
                .put("process", process)
                .put("key", key)
                .put("model", model)
                .put("prompt", prompt));
        return n;
    }

    synchronized void end(long n, Manner.Kind kind, boolean clientGone, String answer) throws IOException {
        append(JSON.createObjectNode()
                .put("event", "end")
                .put("n", n)
                .put("at", Instant.now().toString())
                .put("kind", kind.name())
                .put("client_gone", clientGone)
                .put("answer", answer));
    }

    private void append(ObjectNode line) throws IOException {
        file.write(line.toString());
        file.newLine();
        file.flush();
    }

    /** Reads all calls of a ledger's file, in the order of their starts. */
    static List<Call> read(Path file) throws IOException {
        Map<Long, JsonNode> starts = new TreeMap<>();
        Map<Long, JsonNode> ends = new TreeMap<>();
        for (String line : Files.readAllLines(file)) {
            JsonNode node = JSON.readTree(line);
            (node.path("event").asString().equals("start") ? starts : ends)
                    .put(node.path("n").asLong(), node);
        }
        List<Call> calls = new ArrayList<>();
        starts.forEach((n, start) -> calls.add(call(n, start, ends.getOrDefault(n, JSON.missingNode()))));
        return calls;
    }

    /** An idempotency key is {@code {job}/{region}/{model}/{question}}, after failures with {@code /r{failures}}. */
    private static Call call(long n, JsonNode start, JsonNode end) {
        String[] key = start.path("key").asString().split("/");
        CellName cell = new CellName(decoded(key[0]), decoded(key[1]), decoded(key[2]));
        boolean ended = !end.isMissingNode();
        Manner.Kind kind = ended ? Manner.Kind.valueOf(end.path("kind").asString()) : Manner.Kind.DROPPED;
        return new Call(
                n,
                start.path("process").asString(),
                cell,
                Integer.parseInt(key[3]),
                Instant.parse(start.path("at").asString()),
                ended ? Instant.parse(end.path("at").asString()) : null,
                kind.told(),
                kind.ran(),
                end.path("client_gone").asBoolean(false),
                ended ? end.path("answer").asString() : null);
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), UTF_8);
    }
}
