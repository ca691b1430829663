package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Classifies a call that got no complete answer. What decides is not the exception but whether the HTTP client ever
 * asked for the request's body: if it did not, no server ran the request and another attempt costs nothing; if it did,
 * only the provider knows.
 */
final class CallFailures {

    private static final String TIMEOUT = "timeout";
    private static final String PROTOCOL_ERROR = "protocol_error";

    private CallFailures() {}

    static Failure classify(Throwable cause, boolean neverSent, @Nullable Integer status) {
        if (has(cause, BoundedBody.TooLarge.class)) {
            return tooLarge(cause, status);
        }
        if (has(cause, SendOnceBody.PausedException.class)) {
            return RetryableFailure.paused();
        }
        if (neverSent) {
            return RetryableFailure.notSent(unsentCode(cause), describe(cause), null);
        }
        String code = unknownCode(cause, status);
        return new UnknownOutcome(
                unknownCause(code), code, "sent, and the end was not seen: " + describe(cause), status);
    }

    /** An answer that is there but too large to keep: another call would most likely be answered as lengthily. */
    static UnknownOutcome tooLarge(Throwable cause, @Nullable Integer status) {
        return new UnknownOutcome(UnknownCause.UNREADABLE, "answer_too_large", describe(cause), status, null, 0);
    }

    /** A proxy would not connect to the provider. */
    static RetryableFailure refusedByProxy(int status) {
        return RetryableFailure.notSent("proxy_refused", "the proxy answered " + status, null);
    }

    private static String unsentCode(Throwable cause) {
        if (has(cause, UnresolvedAddressException.class) || has(cause, UnknownHostException.class)) {
            return "unknown_host";
        }
        if (has(cause, HttpConnectTimeoutException.class) || has(cause, TimeoutException.class)) {
            return "connect_timeout";
        }
        if (has(cause, SSLException.class)) {
            return "tls_handshake_failed";
        }
        return has(cause, ConnectException.class) ? "connection_refused" : "connection_failed";
    }

    private static String unknownCode(Throwable cause, @Nullable Integer status) {
        if (has(cause, TimeoutException.class)) {
            return TIMEOUT;
        }
        if (status != null) {
            return "response_truncated";
        }
        if (has(cause, ProtocolException.class)) {
            return PROTOCOL_ERROR;
        }
        return has(cause, EOFException.class) ? "connection_closed" : "connection_reset";
    }

    /** What is no HTTP came back whole and cannot be read; any other end is that of the connection. */
    private static UnknownCause unknownCause(String code) {
        return switch (code) {
            case TIMEOUT -> UnknownCause.TIMEOUT;
            case PROTOCOL_ERROR -> UnknownCause.UNREADABLE;
            default -> UnknownCause.CONNECTION;
        };
    }

    private static boolean has(Throwable cause, Class<? extends Throwable> type) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (type.isInstance(at)) {
                return true;
            }
        }
        return false;
    }

    private static String describe(Throwable cause) {
        if (has(cause, TimeoutException.class)) {
            return "beacon.inference.call-timeout passed";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
