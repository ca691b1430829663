package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryLockTest {

    @TempDir
    private Path directory;

    @Test
    void aMissingDirectoryAndLockFileAreCreated() {
        Path missing = directory.resolve("a/b");

        try (DirectoryLock lock = DirectoryLock.acquire(missing)) {
            assertThat(lock.directory().resolve("lock"))
                    .hasContent(Long.toString(ProcessHandle.current().pid()));
        }
    }

    /** Windows lets nobody read what is locked, and a second process is to name the owner. */
    @Test
    void theOwnersNumberIsNotAmongWhatIsLocked() throws IOException {
        try (DirectoryLock lock = DirectoryLock.acquire(directory);
                FileChannel content = FileChannel.open(lock.directory().resolve("lock"), StandardOpenOption.WRITE);
                FileLock free = content.tryLock(0, 32, false)) {
            assertThat(free.isValid()).isTrue();
        }
    }

    @Test
    void oneProcessGetsItOnceAtATime() {
        try (DirectoryLock first = DirectoryLock.acquire(directory)) {
            assertThatThrownBy(() -> DirectoryLock.acquire(first.directory()))
                    .isInstanceOf(CannotStartException.class)
                    .hasMessageContaining(
                            "in use by process %d", ProcessHandle.current().pid());
        }
        try (DirectoryLock again = DirectoryLock.acquire(directory)) {
            assertThat(again.directory()).exists();
        }
    }

    @Test
    void aLockFileOfAnEndedProcessIsTakenOver() throws IOException {
        Files.writeString(directory.resolve("lock"), "99999999999\n");

        try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
            assertThat(lock.directory().resolve("lock"))
                    .hasContent(Long.toString(ProcessHandle.current().pid()));
        }
    }

    @Test
    void aDirectoryThatIsAFileIsRefusedInOneSentence() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> DirectoryLock.acquire(file))
                .isInstanceOf(CannotStartException.class)
                .hasMessageStartingWith(file + " cannot be written")
                .hasMessageEndingWith("make it writable or set beacon.embedded.directory to another directory.");
    }
}
