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
    void aMissingFileOfTrustedKeysIsNamedWithItsProperty(CapturedOutput output, @TempDir Path directory) {
        Path file = directory.resolve("trusted.json");

        FailedStart.run(
                "--server.port=0",
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--beacon.signing.mode=required",
                "--beacon.signing.trusted-keys-file=" + file);

        FailedStart.assertOneSentence(output, "beacon.signing.trusted-keys-file");
        assertThat(output.getAll().lines())
                .filteredOn(line -> line.contains("ERROR"))
                .allMatch(line -> line.contains("cannot be read") && line.contains(file.toString()));
    }

    @Test
    void requiredSignaturesWithoutAFileOfTrustedKeysAreNamed(CapturedOutput output) {
        FailedStart.run(
                "--server.port=0",
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--beacon.signing.mode=required");

        FailedStart.assertOneSentence(
                output, "beacon.signing.trusted-keys-file must name a file while beacon.signing.mode is required");
    }
}
