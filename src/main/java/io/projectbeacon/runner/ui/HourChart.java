package io.projectbeacon.runner.ui;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The bars of a {@link HourTable}, in the units of an SVG of {@link #WIDTH} by {@link #HEIGHT}. */
record HourChart(List<Bar> bars, List<Line> lines, List<Label> labels) {

    static final int WIDTH = 760;
    static final int HEIGHT = 220;

    private static final int LEFT = 48;
    private static final int TOP = 12;
    private static final int BOTTOM = 190;
    private static final int LINES = 4;

    /** An hour's bar. */
    record Bar(Instant hour, long total, List<Part> parts) {}

    /** A layer's part of a bar. */
    record Part(HourTable.Column column, long cells, double x, double y, double width, double height) {}

    /** A line across, at a number of cells. */
    record Line(double y, String text) {}

    /** A time under the bars. */
    record Label(double x, String text) {}

    /**
     * Draws the table.
     *
     * @param first the first hour
     * @param hours how many there are, with and without cells
     */
    static HourChart of(HourTable table, Instant first, int hours) {
        long top =
                top(table.rows().stream().mapToLong(HourTable.Row::total).max().orElse(0));
        double slot = (double) (WIDTH - LEFT) / hours;
        Map<Instant, HourTable.Row> rows =
                table.rows().stream().collect(Collectors.toMap(HourTable.Row::hour, Function.identity()));
        List<Bar> bars = new ArrayList<>();
        for (int n = 0; n < hours; n++) {
            HourTable.Row row = rows.get(first.plus(Duration.ofHours(n)));
            if (row != null) {
                bars.add(new Bar(row.hour(), row.total(), parts(table, row, LEFT + n * slot, slot, top)));
            }
        }
        return new HourChart(bars, lines(top), labels(hours, slot));
    }

    private static List<Part> parts(HourTable table, HourTable.Row row, double x, double slot, long top) {
        List<Part> parts = new ArrayList<>();
        double y = BOTTOM;
        for (int column = 0; column < table.columns().size(); column++) {
            long cells = row.cells().get(column);
            if (cells > 0) {
                double height = (double) cells / top * (BOTTOM - TOP);
                y -= height;
                parts.add(new Part(
                        table.columns().get(column),
                        cells,
                        rounded(x + slot * 0.1),
                        rounded(y),
                        rounded(slot * 0.8),
                        rounded(height)));
            }
        }
        return parts;
    }

    /** A round number that no bar passes, and that the lines can divide. */
    private static long top(long most) {
        for (long unit = 1; ; unit *= 10) {
            for (long round : new long[] {LINES * unit, 2 * LINES * unit, 5 * LINES * unit}) {
                if (round >= most) {
                    return round;
                }
            }
        }
    }

    private static List<Line> lines(long top) {
        List<Line> lines = new ArrayList<>();
        for (int n = 0; n <= LINES; n++) {
            lines.add(new Line(
                    rounded(BOTTOM - (double) n / LINES * (BOTTOM - TOP)), ReportWords.number(top / LINES * n)));
        }
        return lines;
    }

    private static List<Label> labels(int hours, double slot) {
        List<Label> labels = new ArrayList<>();
        int step = Math.max(1, Math.ceilDiv(hours, 6));
        for (int ago = 0; ago < hours; ago += step) {
            labels.add(new Label(rounded(LEFT + (hours - ago - 0.5) * slot), ago == 0 ? "now" : "−" + ago + " h"));
        }
        return labels;
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }
}
