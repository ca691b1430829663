package io.projectbeacon.runner.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** What providers answer, byte by byte, and what a job has to show for it. */
final class ProviderReplies {

    /**
     * One kind of answer.
     *
     * @param replies what the provider sends to the first call, the second, and so on; the last one is repeated
     * @param shows the cell's status and answer or error, its attempts, and the keys of the calls, from the question on
     */
    record Row(String name, List<byte[]> replies, String shows) {}

    private static final String OPENAI = "{\"choices\":[{\"message\":{\"content\":\"Hello\"}}]}";
    private static final String ROUTER = "{\"success\":true,\"response\":\"Hello\"}";

    private final List<Row> rows = new ArrayList<>();
    private final byte[] answer;
    private final String answerBody;

    private ProviderReplies(String answerBody) {
        this.answerBody = answerBody;
        this.answer = json(answerBody);
    }

    static List<Row> ofOpenAi() {
        ProviderReplies all = new ProviderReplies(OPENAI);
        all.statuses();
        all.errorShapes();
        all.transport();
        all.completions();
        all.failedGenerations();
        return all.rows;
    }

    static List<Row> ofHybridRouter() {
        ProviderReplies all = new ProviderReplies(ROUTER);
        all.statuses();
        all.errorShapes();
        all.transport();
        all.routerFailures();
        return all.rows;
    }

    private void statuses() {
        for (int status : new int[] {408, 499, 502, 504, 520, 521, 522, 523, 524, 598, 599}) {
            row(
                    status + ", a gateway's word",
                    status(status),
                    "failed http_%d %d the provider answered %d | unknown unknown unknown | 0 0 0"
                            .formatted(status, status, status));
        }
        for (int status : new int[] {409, 423, 424, 425, 444, 460, 498, 503, 529}) {
            row(
                    status + ", refused for now",
                    status(status),
                    "failed http_%d %d the provider answered %d | failed failed failed | 0 0 0"
                            .formatted(status, status, status));
        }
        for (int status : new int[] {402, 429}) {
            List<byte[]> often =
                    new ArrayList<>(List.of(status(status), status(status), status(status), status(status)));
            often.add(answer);
            rows.add(new Row(
                    status + ", the account's, uses up no attempt",
                    often,
                    "completed Hello | failed failed failed failed completed | 0 0 0 0 0"));
        }
        for (int status : new int[] {500, 501}) {
            row(
                    status + ", a verdict",
                    status(status),
                    "failed http_%d %d the provider answered %d | failed failed failed | 0 0/r1 0/r2"
                            .formatted(status, status, status));
        }
        rows.add(new Row(
                "500 after an unknown outcome",
                List.of(status(504), status(500), answer),
                "completed Hello | unknown failed completed | 0 0 0"));
        rows.add(new Row(
                "503 after an unknown outcome",
                List.of(json(""), status(503), answer),
                "completed Hello | unknown failed completed | 0 0 0"));
        rows.add(new Row(
                "400 after an unknown outcome",
                List.of(status(502), status(400)),
                "failed http_400 400 the provider answered 400 | unknown failed | 0 0"));
        for (int status : new int[] {409, 423, 425}) {
            rows.add(new Row(
                    status + " after an unknown outcome: the earlier call is running",
                    List.of(status(504), status(status), status(status), status(status), status(status), answer),
                    "completed Hello | unknown unknown unknown unknown unknown completed | 0 0 0 0 0 0"));
        }
        rows.add(new Row(
                "409 after an unknown outcome and a 500, which may be a gateway's",
                List.of(status(504), status(500), status(409), answer),
                "completed Hello | unknown failed unknown completed | 0 0 0 0"));
        rows.add(new Row(
                "500 after an unknown outcome, replayed",
                List.of(status(504), replayed(500), answer),
                "completed Hello | unknown failed completed | 0 0 0/r1"));
        rows.add(new Row(
                "502, replayed", List.of(replayed(502), answer), "completed Hello | unknown completed | 0 0/r1"));
        rows.add(new Row(
                "409 under the key after that of a replayed 502, which leaves nothing in doubt",
                List.of(replayed(502), status(409), status(409), answer),
                "failed http_409 409 the provider answered 409 | unknown failed failed | 0 0/r1 0/r1"));
        rows.add(new Row(
                "409 after an unknown outcome, replayed: remembered, not running",
                List.of(status(504), replayed(409), answer),
                "completed Hello | unknown failed completed | 0 0 0/r1"));
        rows.add(new Row(
                "429, replayed", List.of(replayed(429), answer), "completed Hello | failed completed | 0 0/r1"));
        rows.add(new Row(
                "a 429 that says insufficient_quota",
                List.of(
                        http(
                                "429 Too Many Requests",
                                "Content-Type: application/json\r\n",
                                utf8("{\"error\":{\"type\":\"insufficient_quota\",\"message\":\"no credit\"}}")),
                        answer),
                "completed Hello | failed completed | 0 0"));
        for (int status : new int[] {505, 506, 507, 508, 510, 511, 525, 526, 527, 530, 561}) {
            row(
                    status + ", failed",
                    status(status),
                    "failed http_%d %d the provider answered %d | failed failed failed | 0 0 0"
                            .formatted(status, status, status));
        }
        for (int status : new int[] {
            400, 401, 403, 404, 405, 406, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 426, 428, 431, 451
        }) {
            row(
                    status + ", final",
                    status(status),
                    "failed http_%d %d the provider answered %d | failed | 0".formatted(status, status, status));
        }
        for (int status : new int[] {300, 301, 302, 303, 305, 307, 308}) {
            row(
                    status + ", a redirect",
                    http(status + " See there", "Location: /v1/elsewhere\r\n", new byte[0]),
                    "failed redirect_refused %d the provider redirects, which is not followed | failed | 0"
                            .formatted(status));
        }
    }

    private void errorShapes() {
        error("error.message", "{\"error\":{\"message\":\"no such model\"}}");
        error("error", "{\"error\":\"no such model\"}");
        error("detail", "{\"detail\":\"no such model\"}");
        error("a list detail", "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"no such model\"}]}");
        error("errors", "{\"errors\":[{\"message\":\"no such model\"}]}");
        error("an array", "[{\"error\":{\"message\":\"no such model\"}}]");
        error("msg", "{\"msg\":\"no such model\"}");
        error("message", "{\"message\":\"no such model\"}");
        error("error.error.message", "{\"error\":{\"error\":{\"message\":\"no such model\"}}}");
        row(
                "an error page of a gateway",
                http("400 Bad Request", "Content-Type: text/html\r\n", utf8("<html>nginx</html>")),
                "failed http_400 400 the provider answered 400 | failed | 0");
    }

    private void error(String shape, String body) {
        row(
                "an error's text as " + shape,
                http("404 Not Found", "Content-Type: application/json\r\n", utf8(body)),
                "failed http_404 404 no such model | failed | 0");
    }

    /** The same for each protocol: how an answer is packed, cut and wrapped. */
    private void transport() {
        byte[] body = utf8(answerBody);
        answered("plain", answer);
        answered(
                "without a length, until the connection ends",
                utf8("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + answerBody));
        answered(
                "in chunks",
                utf8("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "5\r\n" + answerBody.substring(0, 5) + "\r\n" + Integer.toHexString(answerBody.length() - 5)
                        + "\r\n"
                        + answerBody.substring(5) + "\r\n0\r\n\r\n"));
        answered("as 201", http("201 Created", "", body));
        answered(
                "after an early hint",
                utf8("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + new String(answer, StandardCharsets.UTF_8)));
        answered("as gzip", packed("gzip", gzip(body)));
        answered("as x-gzip", packed("x-gzip", gzip(body)));
        answered("as gzip that no header names", http("200 OK", "", gzip(body)));
        answered("as gzip by name only", packed("gzip", body));
        answered("as deflate", packed("deflate", deflate(body, false)));
        answered("as deflate without zlib's frame", packed("deflate", deflate(body, true)));
        answered("as gzip that is called deflate", packed("deflate", gzip(body)));
        answered("as deflate by name only", packed("deflate", body));
        answered("with a charset for an encoding", packed("UTF-8", body));
        answered("packed in an unknown way by name only", packed("br", utf8("\uFEFF" + answerBody)));
        answered("gzip in gzip", packed("gzip, gzip", gzip(gzip(body))));
        answered("with a byte order mark", http("200 OK", "", utf8("\uFEFF" + answerBody)));
        answered(
                "in UTF-16 with a mark", http("200 OK", "", encoded("\uFEFF" + answerBody, StandardCharsets.UTF_16LE)));
        answered("in UTF-16 without one", http("200 OK", "", encoded(answerBody, StandardCharsets.UTF_16BE)));
        answered(
                "in a charset that does not exist",
                http("200 OK", "Content-Type: application/json; charset=utf8mb9\r\n", body));
        answered(
                "in UTF-8 that is called UTF-16",
                http("200 OK", "Content-Type: application/json; charset=utf-16\r\n", body));
        row(
                "an answer in UTF-8 that is called Latin-1",
                http(
                        "200 OK",
                        "Content-Type: text/plain; charset=iso-8859-1\r\n",
                        utf8(answerBody.replace("Hello", "Caf\u00e9"))),
                "completed Caf\u00e9 | completed | 0");
        row(
                "an answer in Latin-1 that is called so",
                http(
                        "200 OK",
                        "Content-Type: application/json; charset=iso-8859-1\r\n",
                        encoded(answerBody.replace("Hello", "Caf\u00e9"), StandardCharsets.ISO_8859_1)),
                "completed Caf\u00e9 | completed | 0");
        answered(
                "after a gateway's comment",
                json(": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\r\n\r\n" + answerBody));
        answered("as text/plain", http("200 OK", "Content-Type: text/plain\r\n", body));
        answered("after blank lines", json("\n\n  \r\n" + answerBody));
        answered("after comment lines", json(": keep-alive\n\n: keep-alive\n\n" + answerBody));
        answered("with rubbish after it", json(answerBody + "\n<!-- served by x -->"));
        answered("with a second document after it", json(answerBody + answerBody));
        answered("with NaN", json(with("\"score\":NaN")));
        answered("with a deep member", json(with("\"x\":" + "[".repeat(3000) + "]".repeat(3000))));
        answered("with a long member", json(with("\"x\":\"" + "y".repeat(1 << 20) + "\"")));
        answered("with a member of a long name", json(with("\"" + "y".repeat(100_000) + "\":1")));
        answered("with an error that is null", json(with("\"error\":null")));
        answered("with an error that is false", json(with("\"error\":false")));
        answered("with an error that is blank", json(with("\"error\":\"\"")));
        answered("with an error that is an empty object", json(with("\"error\":{}")));
        answered("with an error that is an empty list", json(with("\"error\":[]")));
        answered("with many headers", http("200 OK", "X-A: b\r\n".repeat(500), body));
        answered("with cookies", http("200 OK", "Set-Cookie: a=b\r\n", body));
        answered(
                "as an event with the whole document",
                http("200 OK", "Content-Type: text/event-stream\r\n", utf8("data: " + answerBody + "\n\n")));

        unreadable("that ends too early", json(answerBody.substring(0, answerBody.length() - 3)));
        unreadable("without a body", json(""));
        unreadable("as 204", utf8("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
        unreadable("as HTML", http("200 OK", "Content-Type: text/html\r\n", utf8("<html>Sign in</html>")));
        unreadable("as null", json("null"));
        unreadable("as an empty object", json("{}"));
        unreadable("as an empty list", json("[]"));
        unreadable("as a text", json("\"Hello\""));
        unreadable(
                "packed in a way that is not known",
                packed("br", encoded("\u008b\u0016\u0080" + answerBody, StandardCharsets.ISO_8859_1)));
        unreadable("as gzip that is cut off", packed("gzip", cut(gzip(body))));
        unreadable(
                "as events without an end",
                http(
                        "200 OK",
                        "Content-Type: text/event-stream\r\n",
                        utf8("data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n")));
        rows.add(new Row(
                "an answer that is read the second time",
                List.of(json(""), answer),
                "completed Hello | unknown completed | 0 0"));

        broken(
                "shorter than its length",
                utf8("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + answerBody),
                "response_truncated 200");
        broken(
                "that stops between chunks",
                utf8("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + answerBody.substring(0, 5)
                        + "\r\n"),
                "response_truncated 200");
        broken("that is not HTTP", utf8("SSH-2.0-OpenSSH_9.7\r\n\r\n"), "protocol_error");
        broken("without a byte", new byte[0], "connection_closed");
        row(
                "longer than 8 MiB",
                json(with("\"x\":\"" + "y".repeat(9 << 20) + "\"")),
                "failed answer_too_large 200 … | unknown | 0");
        row(
                "longer than 8 MiB when it is unpacked",
                packed("gzip", gzip(utf8(with("\"x\":\"" + "y".repeat(9 << 20) + "\"")))),
                "failed answer_too_large 200 … | unknown | 0");

        said(
                "a code of 429",
                "\"error\":{\"code\":429,\"message\":\"slow\"}",
                "completed Hello | failed completed | 0 0");
        said(
                "a code of 402 in digits",
                "\"error\":{\"code\":\"402\",\"message\":\"pay\"}",
                "completed Hello | failed completed | 0 0");
        said(
                "rate_limit_exceeded",
                "\"error\":{\"code\":\"rate_limit_exceeded\"}",
                "completed Hello | failed completed | 0 0");
        said(
                "insufficient_quota",
                "\"error\":{\"type\":\"insufficient_quota\"}",
                "completed Hello | failed completed | 0 0");
        said("overloaded", "\"error\":{\"type\":\"overloaded\"}", "completed Hello | failed completed | 0 0");
        said("a code of 504", "\"error\":{\"code\":504}", "completed Hello | unknown completed | 0 0");
        said("a code of 500", "\"error\":{\"code\":500}", "completed Hello | failed completed | 0 0/r1");
        said(
                "a code of 401",
                "\"error\":{\"code\":401,\"message\":\"bad key\"}",
                "failed http_401 401 bad key | failed | 0");
        said("no code", "\"error\":\"CUDA out of memory\"", "completed Hello | failed completed | 0 0/r1");
    }

    private void completions() {
        String choice = "{\"choices\":[{\"message\":{\"content\":%s},\"finish_reason\":\"%s\"}]}";
        Map<String, String> flags = Map.of(
                "stop", "",
                "length", " flagged=[\"length\"]",
                "content_filter", " flagged=[\"content_filter\"]",
                "tool_calls", "",
                "mystery", " flagged=[\"unknown_finish_reason\"]");
        flags.forEach((reason, flagged) -> row(
                "finish_reason " + reason,
                json(choice.formatted("\"Hello\"", reason)),
                "completed Hello finish_reason=" + reason + flagged + " | completed | 0"));
        for (String reason : new String[] {"error", "abort", "cancelled"}) {
            rows.add(new Row(
                    "finish_reason " + reason,
                    List.of(json(choice.formatted("\"Hel\"", reason)), answer),
                    "completed Hello | failed completed | 0 0/r1"));
        }
        row(
                "an empty text",
                json(choice.formatted("\"\"", "stop")),
                "completed  finish_reason=stop flagged=[\"empty\"] | completed | 0");
        row(
                "no text",
                json(choice.formatted("null", "stop")),
                "completed  finish_reason=stop flagged=[\"empty\"] | completed | 0");
        row(
                "text in parts",
                json(choice.formatted(
                        "[{\"type\":\"text\",\"text\":\"Hel\"},{\"type\":\"text\",\"text\":\"lo\"}]", "stop")),
                "completed Hello finish_reason=stop | completed | 0");
        row(
                "NUL and a lone surrogate",
                json(choice.formatted("\"a\\u0000b\\ud800c\"", "stop")),
                "completed a\\u0000b\\ud800c finish_reason=stop | completed | 0");
        row(
                "a refusal",
                json(
                        "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I won't\"},\"finish_reason\":\"stop\"}]}"),
                "completed  finish_reason=stop flagged=[\"refusal\"] refusal=I won't | completed | 0");
        row(
                "reasoning",
                json("{\"choices\":[{\"message\":{\"content\":\"Hello\",\"reasoning_content\":\"hm\"}}]}"),
                "completed Hello reasoning=hm | completed | 0");
        row(
                "calls of tools",
                json("{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"1\"}]}}]}"),
                "completed  tool_calls=[{\"id\":\"1\"}] | completed | 0");
        row(
                "all that can be said",
                http(
                        "200 OK",
                        "x-request-id: req-9\r\n",
                        utf8(
                                "{\"id\":\"chat-1\",\"model\":\"m-2026\",\"system_fingerprint\":\"fp\","
                                        + "\"choices\":[{\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}],"
                                        + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"cached\":{\"n\":1},\"cost\":0.25}}")),
                "completed Hello completion_tokens=5 cost=0.25 finish_reason=stop model=m-2026 prompt_tokens=3 provider_request_id=req-9"
                        + " system_fingerprint=fp usage={\"prompt_tokens\":3,\"completion_tokens\":5,\"cached\":{\"n\":1},\"cost\":0.25} | completed | 0");
        row(
                "the older form",
                json("{\"choices\":[{\"text\":\"Hello\",\"finish_reason\":\"stop\"}]}"),
                "completed Hello finish_reason=stop | completed | 0");
        row(
                "events",
                http(
                        "200 OK",
                        "Content-Type: text/event-stream\r\n",
                        utf8(
                                ": ok\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"Hel\"}}]}\n\n"
                                        + "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")),
                "completed Hello finish_reason=stop | completed | 0");
        unreadable("without a choice", json("{\"choices\":[]}"));
        unreadable("with a choice of nothing", json("{\"choices\":[null]}"));
        unreadable("with an object in place of choices", json("{\"choices\":{}}"));
    }

    private void failedGenerations() {
        rows.add(new Row(
                "an error on the choice",
                List.of(
                        json(
                                "{\"choices\":[{\"message\":{\"content\":\"Hel\"},\"error\":{\"code\":503,\"message\":\"gone\"}}]}"),
                        answer),
                "completed Hello | failed completed | 0 0"));
        rows.add(new Row(
                "an error in the middle of events",
                List.of(
                        http(
                                "200 OK",
                                "Content-Type: text/event-stream\r\n",
                                utf8(
                                        "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\ndata: {\"error\":{\"code\":502,\"message\":\"lost\"}}\n\n")),
                        answer),
                "completed Hello | unknown completed | 0 0"));
    }

    private void routerFailures() {
        said(
                "a failure with 504 inside",
                "\"success\":false,\"failure\":{\"code\":\"UPSTREAM\",\"http_status\":504}",
                "completed Hello | unknown completed | 0 0");
        said(
                "a failure with 400 inside",
                "\"success\":false,\"error\":\"bad\",\"failure\":{\"code\":\"UPSTREAM\",\"http_status\":400}",
                "failed UPSTREAM 400 bad | failed | 0");
        said(
                "a failure that may be retried",
                "\"success\":false,\"failure\":{\"code\":\"BROKEN\",\"retryable\":true}",
                "completed Hello | failed completed | 0 0/r1");
        said(
                "a failure that may not",
                "\"success\":false,\"error\":\"no\",\"failure\":{\"code\":\"BROKEN\",\"retryable\":false}",
                "failed BROKEN 200 no | failed | 0");
        said(
                "a rate limit",
                "\"success\":false,\"failure\":{\"code\":\"RATE_LIMIT\"}",
                "completed Hello | failed completed | 0 0");
    }

    /** The first call is answered by these members, beside or instead of an answer; the next one by an answer. */
    private void said(String name, String members, String shows) {
        rows.add(new Row("a success that says " + name, List.of(json("{" + members + "}"), answer), shows));
    }

    private String with(String member) {
        return answerBody.substring(0, answerBody.length() - 1) + "," + member + "}";
    }

    private void answered(String how, byte[] reply) {
        row("an answer " + how, reply, "completed Hello | completed | 0");
    }

    private void unreadable(String how, byte[] reply) {
        int status = new String(reply, StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 204") ? 204 : 200;
        row("an answer " + how, reply, "failed unreadable_answer " + status + " … | unknown unknown | 0 0");
    }

    private void broken(String how, byte[] reply, String code) {
        row("an answer " + how, reply, "failed " + code + " … | unknown unknown unknown | 0 0 0");
    }

    private void row(String name, byte[] reply, String shows) {
        rows.add(new Row(name, List.of(reply), shows));
    }

    private static byte[] status(int status) {
        return http(status + " Whatever", "Content-Type: application/json\r\n", utf8("{}"));
    }

    private static byte[] replayed(int status) {
        return http(
                status + " Whatever", "Content-Type: application/json\r\nIdempotent-Replayed: true\r\n", utf8("{}"));
    }

    private static byte[] json(String body) {
        return http("200 OK", "Content-Type: application/json\r\n", utf8(body));
    }

    private static byte[] packed(String encoding, byte[] body) {
        return http("200 OK", "Content-Encoding: " + encoding + "\r\n", body);
    }

    private static byte[] http(String status, String headers, byte[] body) {
        byte[] head = utf8("HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers + "Content-Length: "
                + body.length + "\r\n\r\n");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head);
        all.writeBytes(body);
        return all.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encoded(String text, Charset charset) {
        return text.getBytes(charset);
    }

    private static byte[] cut(byte[] bytes) {
        return java.util.Arrays.copyOf(bytes, bytes.length / 2);
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static byte[] deflate(byte[] bytes, boolean raw) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, raw);
        try (OutputStream out = new DeflaterOutputStream(packed, deflater)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deflater.end();
        }
        return packed.toByteArray();
    }
}
