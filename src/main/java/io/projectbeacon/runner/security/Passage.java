package io.projectbeacon.runner.security;

import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** What pages and API have in common: whose request it is, where it comes from, and how many there may be. */
final class Passage {

    private final Access access;
    private final AccessProperties properties;
    private final AuthenticationManager credentials;
    private final RateLimits limits;
    private final ProblemAnswers answers;
    private final RequestMatcher probes;

    Passage(
            Access access,
            AccessProperties properties,
            AuthenticationManager credentials,
            RateLimits limits,
            ProblemAnswers answers,
            RequestMatcher probes) {
        this.access = access;
        this.properties = properties;
        this.credentials = credentials;
        this.limits = limits;
        this.answers = answers;
        this.probes = probes;
    }

    /** @param countedReads the paths of which reading is limited, too */
    HttpSecurity common(HttpSecurity http, RequestMatcher countedReads) {
        RateLimitAnswers limited = new RateLimitAnswers(limits, answers);
        // BrowserFilter looks at where a request comes from; the tokens of forms are PageTokens' own.
        http.csrf(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .exceptionHandling(
                        refused -> refused.authenticationEntryPoint(limited).accessDeniedHandler(answers))
                .addFilterAfter(new BrowserFilter(answers), HeaderWriterFilter.class)
                .addFilterBefore(new RateLimitFilter(limits, limited, countedReads), AuthorizationFilter.class);
        if (access.isOpen()) {
            http.addFilterBefore(new HostFilter(properties, probes, answers), BrowserFilter.class)
                    .addFilterBefore(new OnlyCallerFilter(), AnonymousAuthenticationFilter.class);
        } else {
            http.oauth2ResourceServer(resources -> resources
                    .bearerTokenResolver(new CredentialResolver())
                    .authenticationManagerResolver(request -> credentials)
                    .authenticationEntryPoint(limited)
                    .accessDeniedHandler(answers));
        }
        return http;
    }
}
