package io.projectbeacon.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each class, method, constant and file that a document or a comment of the model names in backticks is there, so that
 * renaming one is noticed. Decisions and the change log are not looked at: they keep the names of their day. What is
 * looked at is decided by form; text of any other form in backticks is left alone.
 */
class NamesInDocumentsTest {

    private static final Path MODEL = Path.of("src", "test", "promela", "claims.pml");
    private static final Path DOCS = Path.of("docs");
    private static final Path ALERTS = Path.of("ops", "prometheus", "rules");
    private static final Path SOURCES = Path.of("src");

    /** What has the form of a class, a method or a constant, and is no name of this project's code. */
    private static final Set<String> NOT_OURS = Set.of(
            // A word of the API.
            "JobSpec",
            // How the page of incidents says what its names look like.
            "room.Class#method",
            // A command of Redis.
            "FLUSHDB");

    /** Spring Boot's variables for properties: which of them exist is said by the page of settings. */
    private static final Pattern ENVIRONMENT = Pattern.compile("(?:BEACON|SPRING|LOGGING|MANAGEMENT)_\\w+");

    private static final Pattern FENCED = Pattern.compile("(?ms)^ *```.*?^ *```$");
    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/");
    private static final Pattern COMMENT_LINE = Pattern.compile("(?m)^\\s*(?:/?\\*|//|--).*$");
    private static final Pattern IN_BACKTICKS = Pattern.compile("(?s)(?<!`)(`+)(?!`)(.+?)(?<!`)\\1(?!`)");

    private static final Pattern FILE = Pattern.compile(
            "(?!/)[\\w./-]+\\.(?:java|md|yml|sql|pml|txt|json|env|sh)|(?:src|docs|ops|\\.ci)/[\\w./-]*");
    private static final Pattern CONSTANT = Pattern.compile("[A-Z][A-Z0-9_]*[A-Z0-9]");
    private static final Pattern CLASS = Pattern.compile("(?:[a-z]+\\.)*?(?:(?<room>[a-z]+)\\.)?"
            + "(?<types>[A-Z]\\w*[a-z]\\w*(?:\\.[A-Z]\\w*[a-z]\\w*)*)"
            + "(?:[#.](?<member>\\w+)(?:\\(.*\\))?)?");

    private static final Pattern DECLARED_TYPE =
            Pattern.compile("\\b(?:class|interface|record|enum|proctype)\\s+([A-Z]\\w*)");
    private static final Pattern SUPERTYPES = Pattern.compile("\\b(?:extends|implements)\\s+([^{]*)\\{");
    private static final Pattern ALERT = Pattern.compile("(?m)^ *- alert: (\\w+)$");

    /** The text of each source, without whole lines of comment. */
    private static final Map<Path, String> CODE = read(SOURCES, ".java", ".sql", ".pml", ".yml");

    private static final Map<String, List<Path>> TYPES = types();
    private static final Set<String> WORDS = words();
    private static final Set<String> ALERTS_NAMED = read(ALERTS, ".yml").values().stream()
            .flatMap(rules -> ALERT.matcher(rules).results())
            .map(alert -> alert.group(1))
            .collect(Collectors.toSet());

    static List<Path> documents() throws IOException {
        try (Stream<Path> pages = Files.list(DOCS)) {
            return Stream.concat(
                            Stream.of(Path.of("README.md"), Path.of("CONTRIBUTING.md"), MODEL),
                            pages.filter(page -> page.toString().endsWith(".md"))
                                    .sorted())
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void every_class_and_method_that_is_named_exists(Path document) {
        assertThat(named(document)
                        .filter(name -> !FILE.matcher(name).matches())
                        .filter(name -> CLASS.matcher(name).matches()))
                .filteredOn(name -> !isClassOrMember(name))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void every_constant_that_is_named_exists(Path document) {
        assertThat(named(document).filter(name -> CONSTANT.matcher(name).matches()))
                .filteredOn(name -> !WORDS.contains(name)
                        && !NOT_OURS.contains(name)
                        && !ENVIRONMENT.matcher(name).matches())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void every_file_that_is_named_exists(Path document) {
        assertThat(named(document)
                        // Arguments may follow a script's name.
                        .map(name -> name.split(" ")[0])
                        .filter(name -> FILE.matcher(name).matches())
                        // The build makes these.
                        .filter(name -> !name.startsWith("target/")))
                .filteredOn(name -> !isFile(name))
                .isEmpty();
    }

    /** What stands in backticks, on one line each. */
    private static Stream<String> named(Path document) {
        String text = read(document);
        String prose = document.equals(MODEL)
                ? COMMENT.matcher(text).results().map(MatchResult::group).collect(Collectors.joining("\n"))
                : FENCED.matcher(text).replaceAll("");
        return IN_BACKTICKS
                .matcher(prose)
                .results()
                .map(code -> code.group(2).replaceAll("\\s+\\*?\\s*", " ").strip())
                .distinct();
    }

    private static boolean isFile(String name) {
        return Stream.of(Path.of(""), DOCS, Path.of("src", "main", "resources"))
                        .anyMatch(folder -> Files.exists(folder.resolve(name)))
                || !name.contains("/") && isNameOfAFile(name);
    }

    private static boolean isNameOfAFile(String name) {
        return Stream.of(SOURCES, DOCS, Path.of("ops")).anyMatch(folder -> {
            try (Stream<Path> files = Files.walk(folder)) {
                return files.anyMatch(file -> file.endsWith(name));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static boolean isClassOrMember(String name) {
        Matcher parts = CLASS.matcher(name);
        if (!parts.matches()) {
            return false;
        }
        List<String> types = List.of(parts.group("types").split("\\."));
        if (NOT_OURS.contains(name) || ALERTS_NAMED.contains(name)) {
            return true;
        }
        String room = parts.group("room");
        String member = parts.group("member");
        return filesOf(types.getFirst()).stream()
                .filter(file -> room == null || file.getParent().endsWith(room))
                .filter(file -> types.stream().allMatch(type -> filesOf(type).contains(file)))
                .anyMatch(file -> member == null || declares(file, member, new HashSet<>()));
    }

    private static List<Path> filesOf(String type) {
        return TYPES.getOrDefault(type, List.of());
    }

    /** Whether the file, or that of a supertype, has a method, a field, a constant or a component of this name. */
    private static boolean declares(Path file, String member, Set<Path> seen) {
        if (!seen.add(file)) {
            return false;
        }
        String code = CODE.get(file);
        // A type and then the name; or the name of an enum's constant at the start of a line.
        return Pattern.compile("\\b(?!(?:return|new|throw|else|case|yield|assert)\\b)\\w[\\w.]*[>\\]]*\\s+" + member
                                + "\\s*[(=;,)]|(?m)^\\s*" + member + "\\s*[(,;{]")
                        .matcher(code)
                        .find()
                || SUPERTYPES
                        .matcher(code)
                        .results()
                        .flatMap(supertypes -> Stream.of(supertypes.group(1).split("\\W+")))
                        .flatMap(type -> filesOf(type).stream())
                        .anyMatch(supertype -> declares(supertype, member, seen));
    }

    private static Map<String, List<Path>> types() {
        Map<String, List<Path>> types = new TreeMap<>();
        CODE.forEach((file, code) -> DECLARED_TYPE
                .matcher(code)
                .results()
                .map(type -> type.group(1))
                .distinct()
                .forEach(type ->
                        types.computeIfAbsent(type, name -> new ArrayList<>()).add(file)));
        return types;
    }

    /**
     * The upper-case words of the sources, and the versions of migrations. This class is left out, since its exceptions
     * would prove themselves.
     */
    private static Set<String> words() {
        Pattern word = Pattern.compile("\\b" + CONSTANT + "\\b");
        return CODE.entrySet().stream()
                .filter(source -> !source.getKey().endsWith(NamesInDocumentsTest.class.getSimpleName() + ".java"))
                .flatMap(source -> Stream.concat(
                        Stream.of(source.getKey().getFileName().toString().split("__")[0]),
                        word.matcher(source.getValue()).results().map(MatchResult::group)))
                .collect(Collectors.toSet());
    }

    private static Map<Path, String> read(Path folder, String... suffixes) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> Stream.of(suffixes).anyMatch(file.toString()::endsWith))
                    .collect(Collectors.toMap(
                            file -> file,
                            file -> COMMENT_LINE.matcher(read(file)).replaceAll("")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
