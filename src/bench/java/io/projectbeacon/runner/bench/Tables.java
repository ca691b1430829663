package io.projectbeacon.runner.bench;

import java.util.List;
import java.util.Locale;

/** The report's tables, in Markdown. */
final class Tables {

    private Tables() {}

    static String of(Report.Results results) {
        StringBuilder text = new StringBuilder();
        text.append("Measured from %s on, Java %s, %d cores. Medians, with the lowest and the highest in brackets.%n"
                .formatted(results.begun(), results.java(), results.cores()));
        if (!results.drains().isEmpty()) {
            text.append("\n| | | executions/s | PostgreSQL, µs | its own process, µs | Redis, µs | together, µs |\n");
            text.append("| --- | --- | --- | --- | --- | --- | --- |\n");
            results.drains()
                    .forEach(measured -> text.append(row(List.of(
                            measured.group(),
                            measured.name(),
                            brackets(measured.rates()),
                            Report.number(measured.postgres()),
                            Report.number(measured.own()),
                            Report.number(measured.redis()),
                            Report.number(measured.time())))));
        }
        if (!results.figures().isEmpty()) {
            text.append("\n| | | | |\n| --- | --- | --- | --- |\n");
            results.figures()
                    .forEach(figure ->
                            text.append(row(List.of(figure.group(), figure.name(), brackets(figure), figure.unit()))));
        }
        if (!results.targets().isEmpty()) {
            text.append("\n| target | measured | wanted | |\n| --- | --- | --- | --- |\n");
            results.targets()
                    .forEach(target -> text.append(row(List.of(
                            target.name(),
                            brackets(target.measured()),
                            (target.atLeast() ? "at least " : "at most ") + Report.number(target.wanted()),
                            target.reached() ? "reached" : "**missed**"))));
        }
        return text.toString();
    }

    private static String brackets(Figure figure) {
        return figure.values().size() == 1
                ? Report.number(figure.median())
                : String.format(
                        Locale.ROOT,
                        "%s (%s to %s)",
                        Report.number(figure.median()),
                        Report.number(figure.min()),
                        Report.number(figure.max()));
    }

    private static String row(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }
}
