package io.projectbeacon.runner.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The commands of a page's blocks of shell, taken apart as far as its test looks at them. */
final class RunbookCommands {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh\n(.*?)^```$");

    /** What the shell runs in place of a word. */
    private static final Pattern SUBSTITUTED = Pattern.compile("\\$\\(((?:[^()]|\\([^()]*\\))*)\\)");

    private static final String SINGLE_QUOTED = "'[^']*'";
    private static final String DOUBLE_QUOTED = "\"(?:[^\"\\\\]|\\\\.)*\"";
    private static final Pattern KEYWORDS = Pattern.compile("^(?:for \\w+ in .*|do\\b|done\\b|\\w+=\\S*) *");
    private static final Pattern STATEMENT = Pattern.compile("psql (?:-h \"\\$\\w+\" )?-c \"([^\"]*)\"");

    private RunbookCommands() {}

    /** Each line of each block; one that goes on in the next is one with it. */
    static List<String> lines(String page) {
        return BLOCK.matcher(page)
                .results()
                .flatMap(block -> block.group(1).replaceAll("\\\\\n *", "").lines())
                .toList();
    }

    /** The simple commands of a line, without what stands in quotes: that is not the shell's. */
    static List<String> simple(String line) {
        String unquoted = line.replaceAll(SINGLE_QUOTED, "_");
        List<String> substituted = SUBSTITUTED
                .matcher(unquoted)
                .results()
                .map(match -> match.group(1))
                .toList();
        List<String> commands = new ArrayList<>();
        String own = SUBSTITUTED.matcher(unquoted).replaceAll("_").replaceAll(DOUBLE_QUOTED, "_");
        for (String part : own.split("\\|\\||&&|[|;&]")) {
            String command = KEYWORDS.matcher(part.strip()).replaceFirst("");
            if (!command.isEmpty()) {
                commands.add(command);
            }
        }
        substituted.forEach(inner -> commands.addAll(simple(inner)));
        return commands;
    }

    /** The statements that a line gives to psql. */
    static List<String> statements(String line) {
        return STATEMENT.matcher(line).results().map(match -> match.group(1)).toList();
    }
}
