package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What a user sees when the whole service cannot start: one sentence, no stack trace. */
@ExtendWith(OutputCaptureExtension.class)
class FailedStartTest {

    @Test
    void aTakenPortIsNamedWithTheWayToAnotherOne(CapturedOutput output) throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            int port = taken.getLocalPort();

            FailedStart.run("--server.port=" + port, "--spring.datasource.url=" + TestServers.newDatabase());

            FailedStart.assertOneSentence(
                    output,
                    "Port %1$d is taken; stop what listens there, or start with --server.port=%2$d (./mvnw spring-boot:run -Dspring-boot.run.arguments=--server.port=%2$d)."
                            .formatted(port, port + 1));
        }
    }

    @Test
    void anUnreachableDatabaseIsNamedWithoutItsPassword(CapturedOutput output) throws IOException {
        int nobody = Loopback.freePort();

        FailedStart.run(
                "--server.port=0",
                "--spring.datasource.url=jdbc:postgresql://127.0.0.1:%d/beacon?password=secret".formatted(nobody));

        FailedStart.assertOneSentence(
                output,
                "The database at jdbc:postgresql://127.0.0.1:%d/beacon cannot be used (Connection to 127.0.0.1:%d refused."
                        .formatted(nobody, nobody));
        assertThat(output).doesNotContain("secret");
    }

    @Test
    void aDirectoryInUseIsNamedWithItsOwner(CapturedOutput output, @TempDir Path directory) {
        try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
            FailedStart.run("--server.port=0", "--beacon.embedded.directory=" + directory);

            FailedStart.assertOneSentence(
                    output,
                    "%s is in use by process %d; stop it or set beacon.embedded.directory to another directory."
                            .formatted(directory, ProcessHandle.current().pid()));
            assertThat(lock.directory().resolve("postgres")).doesNotExist();
        }
    }

    @Test
    void an_address_that_others_reach_is_not_listened_on_without_keys(CapturedOutput output) {
        FailedStart.run(
                "--server.port=0", "--server.address=0.0.0.0", "--spring.datasource.url=" + TestServers.newDatabase());

        FailedStart.assertOneSentence(
                output,
                "server.address is 0.0.0.0, where others could run paid calls without a key: set beacon.security.api-keys or beacon.security.api-keys-file, or beacon.security.open=true");
    }

    @Test
    void neither_is_one_of_the_actuator_s_own_port(CapturedOutput output) {
        FailedStart.run(
                "--server.port=0",
                "--management.server.port=0",
                "--management.server.address=0.0.0.0",
                "--spring.datasource.url=" + TestServers.newDatabase());

        FailedStart.assertOneSentence(output, "management.server.address is 0.0.0.0, where others could");
    }

    @Test
    void a_key_in_place_of_its_hash_is_not_repeated(CapturedOutput output) {
        FailedStart.run(
                "--server.port=0",
                "--beacon.security.api-keys=acme submitter bk_secretsecretsecretsecretsecret",
                "--spring.datasource.url=" + TestServers.newDatabase());

        FailedStart.assertOneSentence(
                output, "beacon.security.api-keys cannot be used (key 1: its last part is not the SHA-256 of a key");
        assertThat(output).doesNotContain("bk_secret");
    }

    @Test
    void a_file_of_keys_that_is_not_there_is_named(CapturedOutput output, @TempDir Path directory) {
        Path missing = directory.resolve("keys");

        FailedStart.run(
                "--server.port=0",
                "--beacon.security.api-keys-file=" + missing,
                "--spring.datasource.url=" + TestServers.newDatabase());

        FailedStart.assertOneSentence(
                output, "The keys in %s (beacon.security.api-keys-file) cannot be used: ".formatted(missing));
    }
}
