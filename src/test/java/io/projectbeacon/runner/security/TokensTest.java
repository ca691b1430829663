package io.projectbeacon.runner.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import io.projectbeacon.runner.security.Keys.Key;
import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tokens of an identity provider, a real server that publishes its keys. */
class TokensTest {

    private static final String ISSUER = "https://issuer.example";
    private static final AtomicInteger fetched = new AtomicInteger();
    private static final Key METRICS = Keys.draw("prometheus", "metrics");

    private static RSAKey signing;
    private static HttpServer issuer;
    private static RunnerApp app;
    private static int fetchedAtStart;

    @BeforeAll
    static void start() throws Exception {
        signing = new RSAKeyGenerator(2048).keyID("one").generate();
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        issuer.createContext("/jwks", exchange -> {
            fetched.incrementAndGet();
            byte[] keys = new JWKSet(signing.toPublicJWK()).toString().getBytes(UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, keys.length);
            exchange.getResponseBody().write(keys);
            exchange.close();
        });
        issuer.start();
        app = withTokens(
                "http://127.0.0.1:" + issuer.getAddress().getPort() + "/jwks",
                "--beacon.security.api-keys=" + METRICS.line());
        fetchedAtStart = fetched.get();
    }

    private static RunnerApp withTokens(String jwks, String... more) {
        List<String> properties = new java.util.ArrayList<>(List.of(
                "--spring.security.oauth2.resourceserver.jwt.jwk-set-uri=" + jwks,
                "--spring.security.oauth2.resourceserver.jwt.issuer-uri=" + ISSUER,
                "--spring.security.oauth2.resourceserver.jwt.audiences=beacon"));
        properties.addAll(List.of(more));
        return RunnerApp.fresh(properties.toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        app.close();
        issuer.stop(0);
    }

    @Test
    void the_roles_of_a_token_decide_what_it_may_do() {
        assertThat(fetchedAtStart).as("keys fetched before a token came").isZero();
        String viewer = signed(claims -> claims.claim("roles", List.of("viewer", "something-else")));
        String submitter = signed(claims -> claims.claim("roles", "openid submitter"));
        assertThat(get(viewer)).isEqualTo(200);
        assertThat(post(viewer)).isEqualTo(403);
        assertThat(get(submitter)).isEqualTo(200);
        assertThat(post(submitter)).isEqualTo(422);
        assertThat(get(signed(claims -> claims.claim("roles", List.of("Viewer", "admin")))))
                .isEqualTo(403);
        assertThat(get(signed(claims -> {}))).as("no roles").isEqualTo(403);
    }

    @Test
    void a_key_goes_on_beside_tokens() {
        assertThat(Wire.to(app).get("/metrics", METRICS.header()).status()).isEqualTo(200);
        assertThat(Wire.to(app).get("/api/v1/jobs", METRICS.header()).status()).isEqualTo(403);
        assertThat(Wire.to(app).get("/api/v1/jobs").status()).isEqualTo(401);
    }

    @Test
    void a_token_that_is_old_early_foreign_or_forged_is_a_401() throws Exception {
        Consumer<JWTClaimsSet.Builder> operator = claims -> claims.claim("roles", List.of("operator"));
        RSAKey other = new RSAKeyGenerator(2048).keyID("one").generate();
        RSAKey unknown = new RSAKeyGenerator(2048).keyID("two").generate();
        JWTClaimsSet good = claims(operator);
        byte[] publicKey = signing.toRSAPublicKey().getEncoded();
        SignedJWT confused = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("one").build(), good);
        confused.sign(new MACSigner(publicKey));
        String valid = signed(operator);
        String otherPayload = signed(claims -> claims.claim("roles", List.of("viewer")));
        Map<String, String> refused = Map.of(
                "expired", signed(operator.andThen(claims -> claims.expirationTime(in(-120)))),
                "not yet valid", signed(operator.andThen(claims -> claims.notBeforeTime(in(600)))),
                "another issuer", signed(operator.andThen(claims -> claims.issuer("https://other.example"))),
                "another audience", signed(operator.andThen(claims -> claims.audience("other"))),
                "alg none", new PlainJWT(good).serialize(),
                "another key", sign(other, good),
                "unknown key", sign(unknown, good),
                "public key as a secret", confused.serialize(),
                "signature of another token",
                        otherPayload.substring(0, otherPayload.lastIndexOf('.'))
                                + valid.substring(valid.lastIndexOf('.')),
                "a caller with a slash", signed(operator.andThen(claims -> claims.subject("a/b"))));
        assertThat(get(valid)).isEqualTo(200);
        refused.forEach((what, token) -> {
            Wire.Answer answer = Wire.to(app).get("/api/v1/jobs", "Authorization: Bearer " + token);
            assertThat(answer.status()).as(what).isEqualTo(401);
            assertThat(answer.header("WWW-Authenticate")).as(what).startsWith("Bearer error=\"invalid_token\"");
            assertThat(answer.body()).as(what).doesNotContain("jobs");
        });
        assertThat(get(signed(operator.andThen(claims -> claims.subject(null)))))
                .as("no caller")
                .isEqualTo(401);
        assertThat(get(signed(operator.andThen(claims -> claims.audience((String) null)))))
                .as("no audience")
                .isEqualTo(401);
    }

    @Test
    void tokens_that_name_unknown_keys_do_not_each_have_the_issuer_asked() throws Exception {
        Consumer<JWTClaimsSet.Builder> viewer = claims -> claims.claim("roles", "viewer");
        assertThat(get(signed(viewer))).isEqualTo(200);
        int before = fetched.get();
        for (int forged = 0; forged < 50; forged++) {
            RSAKey named = new RSAKey.Builder(signing).keyID("forged-" + forged).build();
            assertThat(get(sign(named, claims(viewer)))).isEqualTo(401);
        }
        assertThat(fetched.get() - before).as("fetches for 50 forged tokens").isLessThanOrEqualTo(3);
        assertThat(get(signed(viewer))).isEqualTo(200);
    }

    @Test
    void the_claims_are_named_in_the_settings_and_may_be_inside_others() {
        try (RunnerApp keycloak = withTokens(
                "http://127.0.0.1:" + issuer.getAddress().getPort() + "/jwks",
                "--beacon.security.oidc.caller-claim=azp",
                "--beacon.security.oidc.roles-claim=realm_access.roles")) {
            String token = signed(claims -> claims.claim("azp", "acme")
                    .claim("realm_access", Map.of("roles", List.of("submitter")))
                    .claim("roles", List.of("operator")));
            assertThat(Wire.to(keycloak)
                            .post("/api/v1/jobs", "{}", "Authorization: Bearer " + token)
                            .status())
                    .isEqualTo(422);
            assertThat(Wire.to(keycloak)
                            .get("/actuator/info", "Authorization: Bearer " + token)
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void while_the_issuer_s_keys_cannot_be_fetched_a_token_is_a_503() throws IOException {
        HttpServer away = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        away.createContext("/", exchange -> {
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
        });
        away.start();
        try (RunnerApp cut = withTokens("http://127.0.0.1:" + away.getAddress().getPort() + "/jwks")) {
            Wire.Answer answer = Wire.to(cut)
                    .get("/api/v1/jobs", "Authorization: Bearer " + signed(claims -> claims.claim("roles", "viewer")));
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("Retry-After")).isNotEmpty();
            assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
            assertThat(Wire.to(cut).get("/api/v1/jobs").status()).isEqualTo(401);
        } finally {
            away.stop(0);
        }
    }

    private static int get(String token) {
        return Wire.to(app)
                .get("/api/v1/jobs", "Authorization: Bearer " + token)
                .status();
    }

    private static int post(String token) {
        return Wire.to(app)
                .post("/api/v1/jobs", "{}", "Authorization: Bearer " + token)
                .status();
    }

    private static Date in(int seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    private static JWTClaimsSet claims(Consumer<JWTClaimsSet.Builder> further) {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .audience("beacon")
                .subject("acme")
                .issueTime(in(0))
                .expirationTime(in(300));
        further.accept(claims);
        return claims.build();
    }

    private static String signed(Consumer<JWTClaimsSet.Builder> further) {
        try {
            return sign(signing, claims(further));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String sign(RSAKey key, JWTClaimsSet claims) throws JOSEException {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
        token.sign(new RSASSASigner(key));
        return token.serialize();
    }
}
