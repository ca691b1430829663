package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.Signer;
import io.projectbeacon.runner.support.TestServers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signatures where the service has several callers, each with ids of its own. */
class SignedByCallersTest {

    private static final String TYPE = "urn:problem-type:beacon:";
    private static final String SPEC = "{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}";

    private final Signer ofAcme = Signer.draw();
    private final Signer ofBoth = Signer.draw();

    @TempDir
    private Path directory;

    private FakeProvider provider;
    private RunnerApp app;
    private RunnerClient acme;
    private RunnerClient zeta;

    @BeforeEach
    void start() throws Exception {
        Path file = directory.resolve("trusted.json");
        Signer.trust(
                file,
                ofAcme.entry("acme"),
                "{\"public_key\": \"%s\", \"callers\": [\"acme\", \"zeta\"]}".formatted(ofBoth.publicKey()));
        provider = FakeProvider.start();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.signing.mode=required");
        properties.add("--beacon.signing.trusted-keys-file=" + file);
        app = RunnerApp.withCallers(TestServers.newDatabase(), TestServers.newRedisUrl(), properties);
        acme = app.as("acme", Role.SUBMITTER);
        zeta = app.as("zeta", Role.SUBMITTER);
    }

    @AfterEach
    void stop() {
        app.close();
        provider.close();
    }

    private static void assertRefused(Reply reply, int status, String type) {
        assertThat(reply.status()).as(reply.response().body()).isEqualTo(status);
        assertThat(reply.json().path("type").asString()).isEqualTo(TYPE + type);
    }

    @Test
    void a_key_of_one_caller_signs_for_no_other_alone_and_in_a_batch_and_not_for_an_operator() {
        String signed = ofAcme.sign(SPEC);
        assertRefused(zeta.submit(signed), 403, "key-of-another-caller");
        assertRefused(app.as("ops", Role.OPERATOR).submit(signed), 403, "key-of-another-caller");
        assertThat(zeta.post("/api/v1/jobs:batch", "[" + signed + "]")
                        .json()
                        .at("/results/0/status")
                        .asInt())
                .isEqualTo(403);
        assertThat(acme.submit(signed).status()).isEqualTo(202);
        assertRefused(zeta.submit(signed), 403, "key-of-another-caller");
        acme.ended("j");
        assertThat(provider.calls()).hasSize(1);
    }

    /** The id is free for the second caller; what one signature may cost is spent. */
    @Test
    void what_a_key_of_two_callers_has_signed_once_runs_for_one_of_them_only() {
        String signed = ofBoth.sign(SPEC);
        assertThat(acme.submit(signed).status()).isEqualTo(202);
        assertRefused(zeta.submit(signed), 422, "nonce-used");
        assertThat(zeta.get("/api/v1/jobs/j").status()).isEqualTo(404);
        assertThat(acme.submit(signed).status()).isEqualTo(200);

        assertThat(zeta.submit(ofBoth.sign(SPEC)).status()).isEqualTo(202);
        acme.ended("j");
        zeta.ended("j");
        assertThat(provider.calls()).hasSize(2);
    }
}
