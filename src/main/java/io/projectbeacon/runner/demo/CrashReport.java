package io.projectbeacon.runner.demo;

import io.projectbeacon.runner.demo.DemoProvider.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The provider's list beside what the service says of each cell, and what follows from both. */
record CrashReport(List<Line> lines) {

    /**
     * A cell as the service's API gives it.
     *
     * @param status pending where it was never claimed
     */
    record CellRow(String region, String model, String status) {}

    /** A cell, and the calls that the provider has seen for it. */
    record Line(CellRow cell, List<Call> calls) {

        /** One call and its answer, or a call whose end is not known, as the service says. */
        boolean isRight() {
            return calls.size() == 1 && List.of("completed", "unknown").contains(cell.status());
        }

        private List<String> columns() {
            String seen = calls.stream()
                    .map(call -> "#" + call.number() + " from " + call.runner())
                    .collect(Collectors.joining(", "));
            return List.of(
                    cell.region(),
                    cell.model(),
                    seen.isEmpty() ? "none" : seen,
                    cell.status(),
                    isRight() ? "" : "<-- wrong");
        }
    }

    static CrashReport of(List<CellRow> cells, List<Call> calls) {
        return new CrashReport(cells.stream()
                .map(cell -> new Line(
                        cell,
                        calls.stream()
                                .filter(call -> call.region().equals(cell.region())
                                        && call.model().equals(cell.model()))
                                .toList()))
                .toList());
    }

    boolean isRight() {
        return lines.stream().allMatch(Line::isRight);
    }

    List<String> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("REGION", "MODEL", "THE PROVIDER'S CALLS", "THE SERVICE SAYS", ""));
        lines.forEach(line -> rows.add(line.columns()));
        List<String> table = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder text = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                int index = column;
                int width = rows.stream()
                        .mapToInt(each -> each.get(index).length())
                        .max()
                        .orElse(0);
                text.append(row.get(column)).repeat(' ', width - row.get(column).length() + 2);
            }
            table.add(text.toString().stripTrailing());
        }
        return table;
    }

    String verdict() {
        long unknown = lines.stream()
                .filter(line -> line.cell().status().equals("unknown"))
                .count();
        long calls = lines.stream().mapToLong(line -> line.calls().size()).sum();
        return isRight()
                ? "%d cells, %d calls: each cell was called once. Answers stored: %d; under way at the kill, and named unknown: %d."
                        .formatted(lines.size(), calls, lines.size() - unknown, unknown)
                : "%d cells, %d calls: this is not as it must be. Please file an issue with these lines."
                        .formatted(lines.size(), calls);
    }
}
