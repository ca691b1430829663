package io.projectbeacon.runner.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One reply of the chaos provider, as bytes.
 *
 * @param status 0 when the connection is closed without a reply
 * @param missing how many bytes of the body never come; then the connection is closed
 * @param answer the text in it, if it says {@link Told#ANSWER}
 */
record Reply(
        int status,
        String headers,
        byte[] body,
        int missing,
        Told told,
        boolean replayed,
        @Nullable String answer) {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String IN_JSON = "Content-Type: application/json\r\n";
    private static final String MARK = "Idempotent-Replayed: true\r\n";

    /** What a front says by itself. */
    static Reply of(Front front, String waitHeader) {
        return switch (front) {
            case DROPS, CLOSES -> new Reply(0, "", new byte[0], 0, front.told(), false, null);
            case HTML -> front(front, "Content-Type: text/html\r\n", "<html><body>Back soon</body></html>");
            case EMPTY -> front(front, IN_JSON, "");
            case TIMEOUT_IN_SUCCESS -> front(front, IN_JSON, "{\"error\": {\"code\": 504, \"message\": \"too slow\"}}");
            case BREAKS_OFF ->
                new Reply(200, IN_JSON, "{\"choices\": [".getBytes(UTF_8), 1000, front.told(), false, null);
            default -> front(front, IN_JSON + waitHeader, error(front.name()).toString());
        };
    }

    private static Reply front(Front front, String headers, String body) {
        return new Reply(front.status(), headers, body.getBytes(UTF_8), 0, front.told(), false, null);
    }

    /** What is said while a call with the same key is going on. */
    static Reply conflict() {
        ObjectNode body = error("a request with this key is in progress");
        return new Reply(409, IN_JSON, body.toString().getBytes(UTF_8), 0, Told.CONFLICT, false, null);
    }

    /** What the model says in the end. */
    static Reply of(Generation generation, String model, String text) {
        String whole = completion(model, text, "stop").toString();
        return switch (generation) {
            case PLAIN -> said(generation, IN_JSON, whole.getBytes(UTF_8), text);
            case GZIPPED -> said(generation, IN_JSON + "Content-Encoding: gzip\r\n", gzipped(whole), text);
            case STREAMED -> said(generation, "Content-Type: text/event-stream\r\n", events(model, text), text);
            case CUT -> said(generation, model, text, "length");
            case FILTERED -> said(generation, model, text, "content_filter");
            case BROKEN_OFF -> said(generation, model, text, "error");
            case UNREADABLE -> said(generation, IN_JSON, whole.substring(0, 60).getBytes(UTF_8), text);
            case REFUSED, FAILED, FAILED_IN_SUCCESS ->
                said(generation, IN_JSON, error(generation.name()).toString().getBytes(UTF_8), text);
        };
    }

    private static Reply said(Generation generation, String model, String text, String finishReason) {
        return said(
                generation,
                IN_JSON,
                completion(model, text, finishReason).toString().getBytes(UTF_8),
                text);
    }

    private static Reply said(Generation generation, String headers, byte[] body, String text) {
        String answer = generation.told() == Told.ANSWER ? text : null;
        return new Reply(generation.status(), headers, body, 0, generation.told(), false, answer);
    }

    /** The same again, marked. */
    Reply again(Generation generation) {
        return new Reply(status, headers + MARK, body, 0, generation.toldAgain(), true, answer);
    }

    /** The same, marked: this one breaks off, and tells nothing, but its head says that it is a replay. */
    Reply marked() {
        return new Reply(status, headers + MARK, body, missing, told, true, answer);
    }

    /** A call without a key is answered with its own question. */
    static Reply echo(String model, String text) {
        return of(Generation.PLAIN, model, text);
    }

    /** Returns whether the connection can be used again. */
    boolean write(OutputStream out) throws IOException {
        if (status == 0) {
            return false;
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes("HTTP/1.1 %d Fake\r\n%sContent-Length: %d\r\n\r\n"
                .formatted(status, headers, body.length + missing)
                .getBytes(UTF_8));
        whole.writeBytes(body);
        out.write(whole.toByteArray());
        out.flush();
        return missing == 0;
    }

    private static ObjectNode completion(String model, String text, String finishReason) {
        ObjectNode body =
                JSON.createObjectNode().put("object", "chat.completion").put("model", model);
        ObjectNode choice = body.putArray("choices").addObject().put("index", 0).put("finish_reason", finishReason);
        choice.putObject("message").put("role", "assistant").put("content", text);
        return body;
    }

    private static byte[] events(String model, String text) {
        ObjectNode first =
                JSON.createObjectNode().put("object", "chat.completion.chunk").put("model", model);
        first.putArray("choices").addObject().putObject("delta").put("content", text);
        ObjectNode last = JSON.createObjectNode().put("object", "chat.completion.chunk");
        last.putArray("choices").addObject().put("finish_reason", "stop").putObject("delta");
        return "data: %s\n\ndata: %s\n\ndata: [DONE]\n\n".formatted(first, last).getBytes(UTF_8);
    }

    private static byte[] gzipped(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(UTF_8));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        return bytes.toByteArray();
    }

    private static ObjectNode error(String message) {
        ObjectNode body = JSON.createObjectNode();
        body.putObject("error").put("message", message).put("type", "provider_error");
        return body;
    }
}
