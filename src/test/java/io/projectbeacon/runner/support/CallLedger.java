package io.projectbeacon.runner.support;

import io.projectbeacon.runner.support.FakeProvider.Call;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The calls that a {@link FakeProvider} saw; each start and end is first appended to the file, if there is one. */
final class CallLedger {

    private final List<Call> calls = new ArrayList<>();
    private final @Nullable Path file;

    CallLedger(@Nullable Path file) {
        this.file = file;
    }

    synchronized long begin(Call call) {
        long n = calls.size() + 1L;
        ObjectNode line =
                JsonMapper.shared().createObjectNode().put("event", "start").put("n", n);
        line.put("region", call.region()).put("model", call.model()).put("prompt", call.prompt());
        line.put("idempotency_key", call.idempotencyKey())
                .put("at", call.start().toString());
        append(line);
        calls.add(with(call, n, null, 0, false));
        return n;
    }

    synchronized void end(long n, int status, boolean success) {
        Instant end = Instant.now();
        ObjectNode line =
                JsonMapper.shared().createObjectNode().put("event", "end").put("n", n);
        append(line.put("status", status).put("success", success).put("at", end.toString()));
        int index = Math.toIntExact(n - 1);
        calls.set(index, with(calls.get(index), n, end, status, success));
    }

    synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    private static Call with(Call call, long n, @Nullable Instant end, int status, boolean success) {
        return new Call(
                n,
                call.region(),
                call.model(),
                call.prompt(),
                call.idempotencyKey(),
                call.authorization(),
                call.body(),
                call.start(),
                end,
                status,
                success);
    }

    private void append(ObjectNode line) {
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
