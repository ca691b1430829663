package io.projectbeacon.runner.inference;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.ResponseInfo;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Sends one request, at most once, bounded in time and size. No other class sends. */
final class Exchange {

    private final HttpClient http;
    private final Duration timeout;

    Exchange(HttpClient http, Duration timeout) {
        this.http = http;
        this.timeout = timeout;
    }

    /**
     * Posts the body and waits for the whole answer.
     *
     * @param place for an answer that is large; the caller closes it
     * @param mayBegin whether a call may begin, asked right before its body is sent
     * @throws InterruptedException when the caller was interrupted: the exchange is aborted, or was never begun
     */
    ExchangeResult send(HttpRequest.Builder request, byte[] json, LargeBodies.Place place, BooleanSupplier mayBegin)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted before the call was sent");
        }
        SendOnceBody body = new SendOnceBody(json, mayBegin);
        AtomicReference<@Nullable ResponseInfo> head = new AtomicReference<>();
        CompletableFuture<HttpResponse<byte[]>> call =
                http.sendAsync(request.POST(body).build(), info -> {
                    head.set(info);
                    return new BoundedBody(info.headers(), place);
                });
        try {
            HttpResponse<byte[]> response = call.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (body.withdraw()) {
                // The JDK's client passes off a proxy's 407 to its CONNECT as the answer to the request.
                return new ExchangeResult.NoReply(CallFailures.refusedByProxy(response.statusCode()));
            }
            return new ExchangeResult.Reply(response.statusCode(), response.headers(), response.body());
        } catch (ExecutionException e) {
            return broken(e.getCause() == null ? e : e.getCause(), body, head.get());
        } catch (TimeoutException e) {
            return broken(e, body, head.get());
        } finally {
            // Does nothing to a finished call. Any other call is aborted: its connection closes.
            call.cancel(true);
        }
    }

    private static ExchangeResult broken(Throwable cause, SendOnceBody body, @Nullable ResponseInfo head) {
        if (head != null && !StatusTable.isSuccess(head.statusCode())) {
            // The status has said that the call failed; only the explanation was lost.
            return new ExchangeResult.Reply(head.statusCode(), head.headers(), new byte[0]);
        }
        return new ExchangeResult.NoReply(
                CallFailures.classify(cause, body.withdraw(), head == null ? null : head.statusCode()));
    }
}
