package io.projectbeacon.runner.security;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.RequestEntity;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestTemplate;

/**
 * Fetches the keys of an issuer of tokens, at most once in ten seconds. A token that names a key which is not known has the
 * keys fetched anew, and whoever sends such tokens needs no key: without a bound, each of them would cost a call to the
 * issuer, made under a lock that the tokens of others wait for.
 */
final class IssuerKeys extends RestTemplate {

    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);

    /** What the last fetch brought: the keys, or why it failed. */
    private record Fetched(
            @Nullable ResponseEntity<?> keys, @Nullable RestClientException failure, long until) {}

    private @Nullable Fetched last;

    IssuerKeys() {
        SimpleClientHttpRequestFactory limited = new SimpleClientHttpRequestFactory();
        limited.setConnectTimeout(Duration.ofSeconds(2));
        limited.setReadTimeout(Duration.ofSeconds(3));
        setRequestFactory(limited);
    }

    @Override
    @SuppressWarnings("unchecked") // The keys are always asked for as one type.
    public synchronized <T> ResponseEntity<T> exchange(RequestEntity<?> request, Class<T> type) {
        Fetched fetched = last;
        if (fetched == null || System.nanoTime() - fetched.until >= 0) {
            fetched = fetch(request, type);
            last = fetched;
        }
        if (fetched.keys == null) {
            throw fetched.failure == null ? new RestClientException("no answer") : fetched.failure;
        }
        return (ResponseEntity<T>) fetched.keys;
    }

    private <T> Fetched fetch(RequestEntity<?> request, Class<T> type) {
        try {
            return new Fetched(super.exchange(request, type), null, System.nanoTime() + PAUSE.toNanos());
        } catch (RestClientException away) {
            return new Fetched(null, away, System.nanoTime() + PAUSE_AFTER_FAILURE.toNanos());
        }
    }
}
