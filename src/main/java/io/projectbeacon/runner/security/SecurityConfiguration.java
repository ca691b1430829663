package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Role;
import jakarta.servlet.DispatcherType;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointProperties;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.JwkSetUriJwtDecoderBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import tools.jackson.databind.json.JsonMapper;

/** What a request passes on its way to a controller, on each port of the service, and which role it needs there. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
class SecurityConfiguration {

    private static final RequestMatcher API =
            PathPatternRequestMatcher.withDefaults().matcher("/api/**");

    private static final RequestMatcher READING_THE_API =
            request -> RequestKind.of(request.getMethod()) == RequestKind.READS && API.matches(request);

    private final String actuator;

    SecurityConfiguration(WebEndpointProperties endpoints) {
        this.actuator = endpoints.getBasePath();
    }

    @Bean
    ProblemAnswers problemAnswers(JsonMapper json) {
        return new ProblemAnswers(json, new PageAnswers());
    }

    /** A path that two readers could read in two ways is refused. Headers and parameters are judged where they are used. */
    @Bean
    HttpFirewall firewall() {
        StrictHttpFirewall firewall = new StrictHttpFirewall();
        firewall.setAllowedHeaderNames(name -> true);
        firewall.setAllowedHeaderValues(value -> true);
        firewall.setAllowedParameterNames(name -> true);
        return firewall;
    }

    @Bean
    Listening listening(Access access, AccessProperties properties) {
        return new Listening(access, properties, "server.address");
    }

    @Bean
    AuthenticationManager credentialCheck(
            ApiKeys keys, ObjectProvider<JwtDecoder> decoder, AccessProperties properties) {
        return new CredentialCheck(keys, decoder.getIfAvailable(), new TokenCallers(properties.oidc()));
    }

    @Bean
    JwkSetUriJwtDecoderBuilderCustomizer issuerKeys() {
        return decoder -> decoder.restOperations(new IssuerKeys());
    }

    /** DEGRADED, not DOWN: the last keys stay in force, and a person has to mend the file. */
    @Bean
    @ConditionalOnProperty("beacon.security.api-keys-file")
    HealthIndicator apiKeysHealthIndicator(ApiKeys keys) {
        return new ApiKeysHealth(keys);
    }

    /** Each request would hold a span and some twenty frames more for as long as its body comes, and nothing shows them. */
    @Bean
    SecurityObservationSettings noObservations() {
        return SecurityObservationSettings.noObservations();
    }

    /** The pages: a session counts there, and each form carries a token. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    SecurityFilterChain pages(HttpSecurity http, Passage passage, Sessions sessions, ProblemAnswers answers) {
        PageTokens tokens = new PageTokens();
        passage.common(http.securityMatcher(PageRoutes.ALL), PageRoutes.COUNTED)
                .addFilterAfter(tokens.offer(), HeaderWriterFilter.class)
                .addFilterAfter(tokens.check(answers), AuthorizationFilter.class)
                .authorizeHttpRequests(PageRoutes::roles);
        if (sessions.areNeeded()) {
            http.addFilterBefore(
                    new SessionFilter(sessions, PageRoutes.ALL, answers), AnonymousAuthenticationFilter.class);
        }
        return http.build();
    }

    @Bean
    SecurityFilterChain requests(HttpSecurity http, Passage passage, Sessions sessions, ProblemAnswers answers) {
        passage.common(http, API).authorizeHttpRequests(this::roles);
        if (sessions.areNeeded()) {
            http.addFilterBefore(
                    new SessionFilter(sessions, READING_THE_API, answers), AnonymousAuthenticationFilter.class);
        }
        return http.build();
    }

    @Bean
    Passage passage(
            Access access,
            AccessProperties properties,
            AuthenticationManager credentials,
            RateLimits limits,
            ProblemAnswers answers) {
        return new Passage(access, properties, credentials, limits, answers, probes());
    }

    /** What is not named here is an operator's, so that a new route is closed until it is decided who may use it. */
    private void roles(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry routes) {
        routes.dispatcherTypeMatchers(DispatcherType.ERROR)
                .permitAll()
                .requestMatchers(probes())
                .permitAll()
                .requestMatchers("/metrics", actuator + "/prometheus")
                .hasAuthority(Role.METRICS.wireName())
                .requestMatchers("/api/v1/regions", "/api/v1/regions/**")
                .hasAuthority(Role.OPERATOR.wireName())
                .requestMatchers(HttpMethod.GET, "/api/**", "/openapi.json")
                .hasAuthority(Role.VIEWER.wireName())
                .requestMatchers(HttpMethod.HEAD, "/api/**")
                .hasAuthority(Role.VIEWER.wireName())
                .requestMatchers("/api/v1/jobs", "/api/v1/jobs:batch", "/api/v1/jobs:plan", "/api/v1/jobs/**")
                .hasAuthority(Role.SUBMITTER.wireName())
                .anyRequest()
                .hasAuthority(Role.OPERATOR.wireName());
    }

    private RequestMatcher probes() {
        PathPatternRequestMatcher.Builder paths = PathPatternRequestMatcher.withDefaults();
        return new OrRequestMatcher(
                paths.matcher(actuator + "/health/liveness"), paths.matcher(actuator + "/health/readiness"));
    }
}
