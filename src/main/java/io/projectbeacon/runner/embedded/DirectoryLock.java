package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The proof that this process alone uses a directory: an operating system's lock on {@code <directory>/lock}. The
 * system drops the lock when the process ends, however it ends, so a crash leaves nothing to clean up. The file's
 * content, the owner's process id, serves only to name the owner in a message.
 */
final class DirectoryLock implements AutoCloseable {

    // POSIX drops a process's locks on a file when it closes any of its handles to it, so a second attempt by the
    // same process must not even open the file.
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    // A byte behind the content: on Windows no other process can read what is locked, and the process id is there to be
    // read.
    private static final long LOCKED_BYTE = 1L << 32;

    private final Path directory;
    private final FileChannel channel;

    private DirectoryLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Creates the directory if it does not exist, and locks it.
     *
     * @throws CannotStartException if it is locked already, by another process or by this one, or cannot be written
     */
    static DirectoryLock acquire(Path wanted) {
        Path directory = create(wanted);
        if (!HELD_HERE.add(directory)) {
            throw inUse(wanted, Long.toString(ProcessHandle.current().pid()));
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    directory.resolve("lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            if (channel.tryLock(LOCKED_BYTE, 1, false) == null) {
                throw inUse(wanted, read(channel));
            }
            write(channel, Long.toString(ProcessHandle.current().pid()));
            return new DirectoryLock(directory, channel);
        } catch (IOException e) {
            release(directory, channel);
            throw unusable(wanted, e);
        } catch (CannotStartException e) {
            release(directory, channel);
            throw e;
        }
    }

    /** The directory, absolute and without links. */
    Path directory() {
        return directory;
    }

    @Override
    public void close() {
        release(directory, channel);
    }

    private static Path create(Path wanted) {
        try {
            return Files.createDirectories(wanted.toAbsolutePath()).toRealPath();
        } catch (IOException e) {
            throw unusable(wanted, e);
        }
    }

    private static void release(Path directory, @Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            HELD_HERE.remove(directory);
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(32);
        channel.read(content, 0);
        return new String(content.array(), 0, content.position(), StandardCharsets.US_ASCII).strip();
    }

    private static void write(FileChannel channel, String pid) throws IOException {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((pid + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
    }

    private static CannotStartException inUse(Path directory, String pid) {
        return new CannotStartException(
                "%s is in use by process %s; stop it or set beacon.embedded.directory to another directory."
                        .formatted(directory, pid));
    }

    private static CannotStartException unusable(Path directory, IOException e) {
        return new CannotStartException(
                "%s cannot be written (%s); make it writable or set beacon.embedded.directory to another directory."
                        .formatted(directory, e),
                e);
    }
}
