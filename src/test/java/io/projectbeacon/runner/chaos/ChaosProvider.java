package io.projectbeacon.runner.chaos;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The provider of a storm, in a process of its own: slow, lossy and failing as the seed says; no two answers are the
 * same. It honours idempotency keys: one call at a time, and how it ended is remembered and replayed. Its front may
 * lose or garble what the model says, and the model goes on all the same. It reads its sockets itself, so that it can
 * tell whether the client has closed its connection. A call without a key warms it up and is not in the ledger.
 */
final class ChaosProvider {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int BACKLOG = 4096;

    private record Request(Map<String, String> headers, byte[] body) {}

    private final ProviderLedger ledger;
    private final long seed;
    private final Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();
    private final KeyMemory memory = new KeyMemory();

    private ChaosProvider(ProviderLedger ledger, long seed) {
        this.ledger = ledger;
        this.seed = seed;
    }

    /** Prints its port as the first line. Arguments: the ledger's file, the seed. */
    public static void main(String[] args) throws IOException {
        ChaosProvider provider = new ChaosProvider(new ProviderLedger(Path.of(args[0])), Long.parseLong(args[1]));
        try (ServerSocket server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())) {
            System.out.println(server.getLocalPort());
            while (true) {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> provider.serve(client));
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            BufferedInputStream in = new BufferedInputStream(client.getInputStream());
            Request request = read(in);
            while (request != null && answer(request, client, in)) {
                request = read(in);
            }
        } catch (IOException | InterruptedException gone) {
            // The client has closed its connection; the ledger has every call that began on it.
        }
    }

    /** Returns whether the connection can be used again. */
    private boolean answer(Request request, Socket client, BufferedInputStream in)
            throws IOException, InterruptedException {
        JsonNode asked = JSON.readTree(request.body());
        String key = request.headers().getOrDefault("idempotency-key", "");
        String process = request.headers().getOrDefault("authorization", "").replace("Bearer ", "");
        String model = asked.path("model").asString();
        String prompt = asked.at("/messages/0/content").asString();
        if (key.isEmpty()) {
            return Reply.echo(model, prompt).write(client.getOutputStream());
        }
        long n = ledger.begin(process, key, model, prompt);
        int before = seen.computeIfAbsent(key, first -> new AtomicInteger()).getAndIncrement();
        Manner manner = Manner.of(seed, Key.of(key), before);
        Reply reply;
        if (manner.front().begins()) {
            String text = "call %d: %s says to '%s'".formatted(n, model, prompt);
            reply = passed(n, key, manner, Reply.of(manner.generation(), model, text));
        } else {
            Thread.sleep(manner.frontMs());
            reply = Reply.of(manner.front(), manner.waitHeader());
        }
        ledger.end(n, manner.front(), reply, isGone(client, in));
        return reply.write(client.getOutputStream());
    }

    /**
     * What the front says to a request that it has passed on.
     *
     * @param says what the model will say, if this request is the first under its key
     */
    private Reply passed(long n, String key, Manner manner, Reply says) throws IOException, InterruptedException {
        KeyMemory.Found found = memory.ask(key);
        boolean over = found.ending().isDone();
        if (found.first()) {
            ledger.run(n);
            Thread.ofVirtual().start(() -> run(n, key, manner, says));
        }
        if (manner.front() == Front.PASSES) {
            if (!found.first() && !over) {
                return Reply.conflict();
            }
            KeyMemory.Ended ended = result(found.ending());
            return found.first() ? ended.reply() : ended.reply().again(ended.generation());
        }
        Thread.sleep(manner.front() == Front.BREAKS_OFF && found.first() ? manner.modelMs() : manner.frontMs());
        Reply own = Reply.of(manner.front(), manner.waitHeader());
        return manner.front() == Front.BREAKS_OFF && over ? own.marked() : own;
    }

    /** The model at work: nothing that happens to the request that began it stops it. */
    private void run(long n, String key, Manner manner, Reply says) {
        try {
            Thread.sleep(manner.modelMs());
            ledger.ran(n, manner.generation());
            memory.end(key, new KeyMemory.Ended(manner.generation(), says));
        } catch (IOException | InterruptedException ended) {
            throw new IllegalStateException("The storm is over", ended);
        }
    }

    private static KeyMemory.Ended result(Future<KeyMemory.Ended> ending) throws InterruptedException {
        try {
            return ending.get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Whether the client has closed its side: a read finds the end of the stream where a further request could be. */
    private static boolean isGone(Socket client, BufferedInputStream in) throws IOException {
        client.setSoTimeout(1);
        try {
            in.mark(1);
            int next = in.read();
            in.reset();
            return next < 0;
        } catch (SocketTimeoutException stillThere) {
            return false;
        } catch (IOException reset) {
            return true;
        } finally {
            client.setSoTimeout(0);
        }
    }

    private static @Nullable Request read(BufferedInputStream in) throws IOException {
        if (line(in) == null) {
            return null;
        }
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        byte[] body = in.readNBytes(length);
        return body.length < length ? null : new Request(headers, body);
    }

    private static @Nullable String line(BufferedInputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                return null;
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }
}
