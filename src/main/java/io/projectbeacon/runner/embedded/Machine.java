package io.projectbeacon.runner.embedded;

import io.zonky.test.db.postgres.util.ArchUtils;
import java.util.Locale;

/**
 * A kind of machine: the servers' programs are made for one.
 *
 * @param system {@code Linux}, {@code Darwin} or {@code Windows}
 * @param processor in Java's words, such as {@code amd64} or {@code aarch64}
 */
record Machine(String system, String processor) {

    /** The machine that this process runs on. */
    static Machine current() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system = os.startsWith("windows") ? "Windows" : os.startsWith("mac") ? "Darwin" : "Linux";
        return new Machine(system, System.getProperty("os.arch"));
    }

    boolean isWindows() {
        return system.equals("Windows");
    }

    /** Whether its processor is one of ARM's with 64 bits. */
    boolean isArm() {
        return architecture().equals("arm_64");
    }

    /** The processor in the words of the PostgreSQL artifacts, such as {@code x86_64} or {@code arm_64}. */
    String architecture() {
        return ArchUtils.normalize(processor);
    }

    /** The name of a program's file. */
    String fileName(String program) {
        return isWindows() ? program + ".exe" : program;
    }

    @Override
    public String toString() {
        return system + " on " + processor;
    }
}
