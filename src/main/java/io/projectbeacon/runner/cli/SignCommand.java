package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sign",
        description = "Sign a JobSpec with a new nonce and the time now, and print it. Asks no service.")
final class SignCommand implements Callable<Integer> {

    @Parameters(paramLabel = "job.json", description = "File with a JobSpec; - is standard input.")
    String file = "";

    @Option(
            names = "--key",
            required = true,
            paramLabel = "FILE",
            description = "Ed25519 private key in PEM: openssl genpkey -algorithm ed25519")
    String key = "";

    private final Surroundings surroundings;

    SignCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        SigningKey signingKey = SigningKey.ofPem(new String(surroundings.read(key), StandardCharsets.ISO_8859_1));
        String signed = SpecSigner.sign(
                surroundings.read(file),
                signingKey,
                UUID.randomUUID().toString(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS));
        surroundings.screen().bytes((signed + "\n").getBytes(UTF_8));
        return ExitCode.DONE;
    }
}
