package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Role;
import java.util.Arrays;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** Which paths are pages, and which role each needs. All others are of the API, which no form and no session changes. */
final class PageRoutes {

    /** What a login page needs before there is a login. */
    private static final String[] OPEN = {"/login", "/logout", "/ui/static/**", "/webjars/**"};

    static final RequestMatcher FRAGMENTS = any("/ui/**");

    static final RequestMatcher ALL = any(
            "/",
            "/jobs/**",
            "/new",
            "/duplicates",
            "/health",
            "/openapi",
            "/login",
            "/logout",
            "/ui/**",
            "/webjars/**");

    private static final RequestMatcher WITHOUT_LOGIN = any(OPEN);

    /** What is looked up in the database, as below {@code /api}. */
    static final RequestMatcher COUNTED = request -> ALL.matches(request) && !WITHOUT_LOGIN.matches(request);

    private PageRoutes() {}

    /** A route of the pages that is not named here is an operator's, as one of the API is. */
    static void roles(AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry routes) {
        routes.requestMatchers(OPEN)
                .permitAll()
                .requestMatchers(HttpMethod.GET, "/**")
                .hasAuthority(Role.VIEWER.wireName())
                .requestMatchers(HttpMethod.HEAD, "/**")
                .hasAuthority(Role.VIEWER.wireName())
                .requestMatchers(HttpMethod.POST, "/new", "/ui/plan", "/jobs/*/cancel", "/jobs/*/retry")
                .hasAuthority(Role.SUBMITTER.wireName())
                .anyRequest()
                .hasAuthority(Role.OPERATOR.wireName());
    }

    private static RequestMatcher any(String... patterns) {
        PathPatternRequestMatcher.Builder paths = PathPatternRequestMatcher.withDefaults();
        return new OrRequestMatcher(
                Arrays.stream(patterns).<RequestMatcher>map(paths::matcher).toList());
    }
}
