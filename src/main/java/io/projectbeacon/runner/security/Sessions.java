package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Sha256;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.stereotype.Component;
import org.springframework.web.util.WebUtils;

/**
 * Logins by which a browser sees pages. A session is as good as its key: it has the key's roles as they are now, and ends with
 * it. Any replica knows it, since it is a row; see {@link SessionFilter} for what it is good for.
 */
@Component
public class Sessions {

    public static final String COOKIE = "beacon_session";

    private static final Duration LIFE = Duration.ofHours(12);
    private static final int RANDOM_BYTES = 32;
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final String IN_FORCE = Sessions.class.getName();

    /** What came of a login. */
    public sealed interface Login {

        record Done() implements Login {}

        record WrongKey() implements Login {}

        /** Too many wrong keys came from there. */
        record Refused(String detail, int retryAfter) implements Login {}
    }

    private final ApiKeys keys;
    private final Access access;
    private final RateLimits limits;
    private final SessionRows rows;
    private final SecureRandom random = new SecureRandom();

    Sessions(ApiKeys keys, Access access, RateLimits limits, SessionRows rows) {
        this.keys = keys;
        this.access = access;
        this.limits = limits;
        this.rows = rows;
    }

    /** Whether a page is shown only after a login: not while one caller may do everything. */
    public boolean areNeeded() {
        return !access.isOpen();
    }

    /** Whether it is a session that tells whose request this is. */
    public boolean isOf(HttpServletRequest request) {
        return request.getAttribute(IN_FORCE) != null;
    }

    /** Begins a session. A wrong key counts as any other request without a valid one: by its address. */
    public Login logIn(String key, HttpServletRequest request, HttpServletResponse response) {
        if (keys.callerOf(key).isEmpty()) {
            return limits.count(request.getRemoteAddr(), RequestKind.CHANGES)
                    .filter(counted -> !counted.isWithin())
                    .<Login>map(counted -> new Login.Refused(counted.refusal(), counted.retryAfter()))
                    .orElseGet(Login.WrongKey::new);
        }
        String token = newToken();
        rows.insert(hash(token), ApiKey.hash(key), LIFE);
        setCookie(token, LIFE, request, response);
        return new Login.Done();
    }

    /** Ends the session of this request, if it has one. */
    public void logOut(HttpServletRequest request, HttpServletResponse response) {
        String token = token(request);
        if (token != null) {
            rows.delete(hash(token));
        }
        setCookie("", Duration.ZERO, request, response);
    }

    /** The caller whose session it is; empty when it has ended, or its key is no longer in force. */
    Optional<Caller> callerOf(HttpServletRequest request) {
        String token = token(request);
        Optional<Caller> caller =
                token == null ? Optional.empty() : rows.keyHashOf(hash(token)).flatMap(keys::callerOfHash);
        caller.ifPresent(known -> request.setAttribute(IN_FORCE, true));
        return caller;
    }

    private static @Nullable String token(HttpServletRequest request) {
        Cookie cookie = WebUtils.getCookie(request, COOKIE);
        return cookie == null || !TOKEN.matcher(cookie.getValue()).matches() ? null : cookie.getValue();
    }

    private String newToken() {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String hash(String token) {
        return Sha256.hex(token.getBytes(StandardCharsets.US_ASCII));
    }

    /** Strict: no page of another site gets the browser to send it, not even by a link. */
    private static void setCookie(
            String value, Duration life, HttpServletRequest request, HttpServletResponse response) {
        ResponseCookie cookie = ResponseCookie.from(COOKIE, value)
                .httpOnly(true)
                .sameSite("Strict")
                .secure(request.isSecure())
                .path("/")
                .maxAge(life)
                .build();
        response.addHeader(HttpHeaders.SET_COOKIE, cookie.toString());
    }
}
