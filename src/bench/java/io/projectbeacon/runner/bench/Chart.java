package io.projectbeacon.runner.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Horizontal bars for the rates of drains, a block for each group, with a scale of its own. A bar is as long as the
 * median; the thin line on it goes from the lowest round to the highest, and so do the numbers in brackets.
 */
final class Chart {

    private static final int ROW = 22;
    private static final int LABEL = 390;
    private static final int BAR = 400;
    private static final int WIDTH = LABEL + BAR + 230;

    private Chart() {}

    static String of(List<Measured> drains) {
        Map<String, List<Figure>> blocks = drains.stream()
                .map(Measured::rates)
                .collect(Collectors.groupingBy(
                        figure -> figure.group() + " [" + figure.unit() + "]",
                        LinkedHashMap::new,
                        Collectors.toList()));
        StringBuilder body = new StringBuilder();
        body.append(text(10, 28, "font-size=\"18\" font-weight=\"bold\"", "Beacon Runner: the benchmark"));
        body.append(text(10, 48, "fill=\"#555\"", "Bars: medians. Thin lines and brackets: lowest to highest round."));
        int y = 64;
        for (Map.Entry<String, List<Figure>> block : blocks.entrySet()) {
            body.append(text(10, y + 16, "font-weight=\"bold\"", block.getKey()));
            y += ROW + 4;
            double most =
                    block.getValue().stream().mapToDouble(Figure::max).max().orElseThrow();
            for (Figure figure : block.getValue()) {
                body.append(bar(y, figure, most == 0 ? 1 : most));
                y += ROW;
            }
            y += 12;
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + WIDTH + "\" height=\"" + y
                + "\" font-family=\"sans-serif\" font-size=\"13\">\n"
                + "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n" + body + "</svg>\n";
    }

    private static String bar(int y, Figure figure, double most) {
        double scale = BAR / most;
        String colour = figure.name().startsWith("Beacon Runner") ? "#1f6fb2" : "#9aa5b1";
        return text(LABEL - 8, y + 15, "text-anchor=\"end\"", figure.name())
                + String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                        LABEL,
                        y + 3,
                        figure.median() * scale,
                        ROW - 6,
                        colour)
                + String.format(
                        Locale.ROOT,
                        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"black\"/>%n",
                        LABEL + figure.min() * scale,
                        LABEL + figure.max() * scale,
                        y + ROW / 2,
                        y + ROW / 2)
                + text((int) (LABEL + figure.max() * scale) + 6, y + 15, "", value(figure));
    }

    private static String value(Figure figure) {
        String median = Report.number(figure.median());
        return figure.values().size() == 1
                ? median
                : median + " (" + Report.number(figure.min()) + " to " + Report.number(figure.max()) + ")";
    }

    private static String text(int x, int y, String style, String text) {
        String safe = text.replace("&", "&amp;").replace("<", "&lt;");
        return "<text x=\"" + x + "\" y=\"" + y + "\" " + style + ">" + safe + "</text>\n";
    }
}
