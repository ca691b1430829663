package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftoverTest {

    private static final int DELETIONS = 20_000;

    @TempDir
    private Path directory;

    /** A server deletes its PID file as its last act, while the process that stopped it checks whether it is gone. */
    @Test
    void aFileThatIsDeletedWhileItIsReadNamesNobody() throws Exception {
        Path pidFile = directory.resolve("server.pid");

        try (ExecutorService server = Executors.newSingleThreadExecutor()) {
            Future<?> deletions = server.submit(() -> {
                for (int i = 0; i < DELETIONS; i++) {
                    Files.writeString(pidFile, "no process\n");
                    Files.delete(pidFile);
                }
                return null;
            });
            while (!deletions.isDone()) {
                assertThat(Leftover.find(pidFile, directory, directory.resolve("bin")))
                        .isEmpty();
            }
            deletions.get();
        }
    }
}
