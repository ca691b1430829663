package io.projectbeacon.runner.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One thing that is taken away from the service, and the test that goes red for it; the list of them is
 * {@code src/test/mutations/mutations.txt}, which explains its form.
 *
 * @param breaks what happens to a user without it
 * @param testClass with its room, such as {@code job.SchemaTest}
 */
record Mutation(String name, String breaks, String testClass, String testMethod, List<Edit> edits) {

    /**
     * One replacement.
     *
     * @param file below {@code src/main}
     */
    record Edit(String file, String before, String after) {

        long occurrencesIn(Path main) {
            return (" " + read(main.resolve(file)) + " ").split(Pattern.quote(before), -1).length - 1L;
        }

        void make(Path main) {
            Path edited = main.resolve(file);
            try {
                Files.writeString(edited, read(edited).replace(before, after));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The sections of the list, in their order. */
    static List<Mutation> all() {
        List<Mutation> mutations = new ArrayList<>();
        String[] sections =
                read(Path.of("src", "test", "mutations", "mutations.txt")).split("(?m)^== ");
        for (String section : List.of(sections).subList(1, sections.length)) {
            String[] parts = section.split("(?m)^file: ");
            String[] head = parts[0].split("\n(breaks|test): |\n+$");
            String[] test = head[2].split("#");
            List<Edit> edits = new ArrayList<>();
            for (String part : List.of(parts).subList(1, parts.length)) {
                edits.add(new Edit(part.lines().findFirst().orElseThrow(), lines(part, "-"), lines(part, "+")));
            }
            mutations.add(new Mutation(head[0], head[1], test[0], test[1], edits));
        }
        return mutations;
    }

    private static String lines(String part, String prefix) {
        return String.join(
                "\n",
                part.lines()
                        .skip(1)
                        .filter(line -> line.startsWith(prefix))
                        .map(line -> line.substring(1))
                        .toList());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String test() {
        return testClass + "#" + testMethod;
    }

    @Override
    public String toString() {
        return name;
    }
}
