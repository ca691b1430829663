package io.projectbeacon.runner.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a command writes. A text of the service may be another person's choice: as it is, an escape sequence in a
 * model's id or a provider's error would move the cursor, change the title, or write keys into the terminal's input.
 */
final class Screen {

    /** The size of a terminal, and whether it may have colours. */
    record Terminal(int rows, int columns, boolean colours) {}

    private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");
    private static final Map<String, String> COLOURS =
            Map.of("✓", "32", "✗", "31", "?", "33", "–", "33", "●", "36", "█", "32");

    private final PrintStream out;
    private final PrintStream err;
    private final @Nullable Terminal terminal;
    private int drawn;

    Screen(PrintStream out, PrintStream err, @Nullable Terminal terminal) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    /** Null where the output goes to a file or to another program. */
    @Nullable
    Terminal terminal() {
        return terminal;
    }

    void line(String text) {
        out.println(clean(text));
    }

    /** For what is no result: warnings, and why a command has failed. */
    void note(String text) {
        err.println(clean(text));
    }

    /** Prints bytes as they are, for {@code --json} and for what this program has made itself. */
    void bytes(byte[] bytes) {
        out.write(bytes, 0, bytes.length);
        out.flush();
    }

    /** Prints rows in columns that are as wide as the widest text in them. */
    void table(List<List<String>> rows) {
        columns(rows).forEach(this::line);
    }

    static List<String> columns(List<List<String>> rows) {
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int column = 0; column < row.size(); column++) {
                int width = row.get(column).length();
                if (column == widths.size()) {
                    widths.add(width);
                } else {
                    widths.set(column, Math.max(widths.get(column), width));
                }
            }
        }
        return rows.stream()
                .map(row -> {
                    StringBuilder line = new StringBuilder();
                    for (int column = 0; column < row.size(); column++) {
                        String text = row.get(column);
                        line.append(text).repeat(' ', widths.get(column) - text.length() + 2);
                    }
                    return line.toString().stripTrailing();
                })
                .toList();
    }

    /** Draws lines in the place of those that were drawn before. A line that is too long is cut, since a wrapped one takes two rows. */
    void draw(Terminal on, List<String> lines) {
        StringBuilder frame = new StringBuilder();
        if (drawn > 0) {
            frame.append("\033[").append(drawn).append('A');
        }
        frame.append("\r\033[J");
        for (String line : lines) {
            String shown = cut(clean(line), on.columns() - 1);
            frame.append(on.colours() ? coloured(shown) : shown).append('\n');
        }
        drawn = lines.size();
        out.print(frame);
        out.flush();
    }

    static String cut(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, Math.max(0, longest - 1)) + "…";
    }

    static String clean(String text) {
        return UNSEEN.matcher(text).replaceAll("�");
    }

    private static String coloured(String text) {
        StringBuilder coloured = new StringBuilder();
        text.codePoints().mapToObj(Character::toString).forEach(shown -> {
            String colour = COLOURS.get(shown);
            coloured.append(colour == null ? shown : "\033[" + colour + "m" + shown + "\033[0m");
        });
        // One sequence for the whole bar.
        return coloured.toString().replaceAll("(?<=█)\033\\[0m\033\\[32m(?=█)", "");
    }
}
