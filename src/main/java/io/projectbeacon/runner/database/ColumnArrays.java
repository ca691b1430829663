package io.projectbeacon.runner.database;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Binds rows to the arrays that {@code unnest} takes: one array for each column.
 *
 * @param <R> a row
 */
public final class ColumnArrays<R> {

    private final List<R> rows;
    private final Map<String, @Nullable Object> arrays = new HashMap<>();

    private ColumnArrays(List<R> rows) {
        this.rows = rows;
    }

    public static <R> ColumnArrays<R> of(List<R> rows) {
        return new ColumnArrays<>(rows);
    }

    public ColumnArrays<R> longs(String parameter, Function<R, @Nullable Long> value) {
        return column(parameter, Long[]::new, value);
    }

    public ColumnArrays<R> integers(String parameter, Function<R, @Nullable Integer> value) {
        return column(parameter, Integer[]::new, value);
    }

    public ColumnArrays<R> decimals(String parameter, Function<R, @Nullable BigDecimal> value) {
        return column(parameter, BigDecimal[]::new, value);
    }

    public ColumnArrays<R> texts(String parameter, Function<R, @Nullable String> value) {
        return column(parameter, String[]::new, value);
    }

    /** A column whose parameter the statement casts to {@code text[]}; see {@link #sparse}. */
    public ColumnArrays<R> sparseTexts(String parameter, Function<R, @Nullable String> value) {
        return sparse(parameter, String[]::new, value);
    }

    /** A column whose parameter the statement casts to {@code integer[]}; see {@link #sparse}. */
    public ColumnArrays<R> sparseIntegers(String parameter, Function<R, @Nullable Integer> value) {
        return sparse(parameter, Integer[]::new, value);
    }

    /** A column whose parameter the statement casts to {@code boolean[]}; see {@link #sparse}. */
    public ColumnArrays<R> sparseBooleans(String parameter, Function<R, @Nullable Boolean> value) {
        return sparse(parameter, Boolean[]::new, value);
    }

    /** The parameters by name, for a statement to bind. */
    public Map<String, @Nullable Object> parameters() {
        return arrays;
    }

    private <V> ColumnArrays<R> column(
            String parameter, IntFunction<@Nullable V[]> array, Function<R, @Nullable V> value) {
        arrays.put(parameter, values(array, value));
        return this;
    }

    /**
     * Null for the whole column if all its values are: {@code unnest} fills it up, at less than an array of nulls
     * costs.
     */
    private <V> ColumnArrays<R> sparse(
            String parameter, IntFunction<@Nullable V[]> array, Function<R, @Nullable V> value) {
        @Nullable V[] values = values(array, value);
        arrays.put(parameter, Arrays.stream(values).allMatch(Objects::isNull) ? null : values);
        return this;
    }

    private <V> @Nullable V[] values(IntFunction<@Nullable V[]> array, Function<R, @Nullable V> value) {
        @Nullable V[] values = array.apply(rows.size());
        Arrays.setAll(values, n -> value.apply(rows.get(n)));
        return values;
    }
}
