package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.ledger.DuplicateSummaries.Hour;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Cells by the hour in which each was first stopped: a column for each layer, and the last for those that were not stopped.
 *
 * @param columns the names of those columns that have cells
 * @param rows the hours that have cells, oldest first
 * @param totals of the columns
 */
record HourTable(List<Column> columns, List<Row> rows, List<Long> totals) {

    /** What was not stopped, whatever its layer. */
    private static final String ALLOWED = "allowed";

    /**
     * A column.
     *
     * @param key for the style sheet
     */
    record Column(String key, String name) {

        public boolean isAllowed() {
            return key.equals(ALLOWED);
        }
    }

    /** @param cells by column */
    record Row(Instant hour, List<Long> cells) {

        public long total() {
            return cells.stream().mapToLong(Long::longValue).sum();
        }
    }

    static HourTable of(List<Hour> hours) {
        List<Column> columns = new ArrayList<>();
        for (DuplicateLayer layer : DuplicateLayer.values()) {
            columns.add(new Column(layer.wireName(), layer.wireName()));
        }
        columns.add(new Column(ALLOWED, "not stopped"));
        columns.removeIf(column -> hours.stream().noneMatch(hour -> key(hour).equals(column.key())));
        Map<Instant, List<Long>> rows = new TreeMap<>();
        List<Long> totals = zeros(columns.size());
        for (Hour hour : hours) {
            int column = columns.stream().map(Column::key).toList().indexOf(key(hour));
            List<Long> row = rows.computeIfAbsent(hour.hour(), time -> zeros(columns.size()));
            row.set(column, row.get(column) + hour.cells());
            totals.set(column, totals.get(column) + hour.cells());
        }
        return new HourTable(
                List.copyOf(columns),
                rows.entrySet().stream()
                        .map(row -> new Row(row.getKey(), List.copyOf(row.getValue())))
                        .toList(),
                List.copyOf(totals));
    }

    public long total() {
        return totals.stream().mapToLong(Long::longValue).sum();
    }

    private static String key(Hour hour) {
        return hour.outcome().equals(DuplicateOutcome.ALLOWED.wireName()) ? ALLOWED : hour.layer();
    }

    private static List<Long> zeros(int size) {
        return new ArrayList<>(Collections.nCopies(size, 0L));
    }
}
