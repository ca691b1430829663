package io.projectbeacon.runner.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Horizontal bars, a block for each group of figures with one unit, with a thin line from the lowest to the highest round. */
final class Chart {

    private static final int ROW = 22;
    private static final int LABEL = 330;
    private static final int BAR = 430;
    private static final int WIDTH = LABEL + BAR + 130;

    private Chart() {}

    static String of(List<Figure> figures) {
        Map<String, List<Figure>> blocks = figures.stream()
                .collect(Collectors.groupingBy(
                        figure -> figure.group() + ", " + figure.unit(), LinkedHashMap::new, Collectors.toList()));
        StringBuilder body = new StringBuilder();
        int y = 10;
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
                + text((int) (LABEL + figure.max() * scale) + 6, y + 15, "", Report.number(figure.median()));
    }

    private static String text(int x, int y, String style, String text) {
        String safe = text.replace("&", "&amp;").replace("<", "&lt;");
        return "<text x=\"" + x + "\" y=\"" + y + "\" " + style + ">" + safe + "</text>\n";
    }
}
