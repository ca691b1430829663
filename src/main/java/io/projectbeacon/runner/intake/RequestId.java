package io.projectbeacon.runner.intake;

import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.apache.catalina.connector.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** The name of a request, by which its answer and the lines that it writes are found: the client's own, or a new one. */
public final class RequestId {

    public static final String HEADER = "X-Request-Id";

    /** In the log. */
    public static final String KEY = "request_id";

    /** Printable ASCII without a space, so that it can break neither a header nor a line of the log. */
    private static final Pattern USABLE = Pattern.compile("[!-~]{1,128}");

    private RequestId() {}

    /** The client's, if it has sent one that can be used; two of them leave open which is meant. */
    public static String of(Request request) {
        List<String> sent = Collections.list(request.getHeaders(HEADER));
        return sent.size() == 1 && USABLE.matcher(sent.getFirst()).matches() ? sent.getFirst() : drawn();
    }

    /** It names a request and guards nothing, so it need not be hard to guess. */
    private static String drawn() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return HexFormat.of().toHexDigits(random.nextLong()) + HexFormat.of().toHexDigits(random.nextLong());
    }

    /** Virtual threads that write their lines under the id of the request that this is called for. */
    public static ThreadFactory threads() {
        String id = MDC.get(KEY);
        return task -> Thread.ofVirtual().unstarted(() -> run(id, task));
    }

    private static void run(@Nullable String id, Runnable task) {
        if (id != null) {
            MDC.put(KEY, id);
        }
        task.run(); // Nothing is taken away afterwards: the thread ends with its task.
    }
}
