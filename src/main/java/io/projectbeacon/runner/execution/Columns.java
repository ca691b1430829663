package io.projectbeacon.runner.execution;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns rows into the arrays that {@code unnest} takes, one for each column. */
public final class Columns {

    private static final Pattern UNNEST = Pattern.compile("unnest\\(([^)]*)\\)(\\s+WITH ORDINALITY)?");

    private Columns() {}

    /**
     * The same statement for exactly one row: each {@code unnest} becomes a row of its arrays' first elements.
     *
     * <p>Of an array that it does not know the planner expects ten rows. For one row the plan for that looks dear beside
     * one that knows the array, so it would plan each time anew, which takes longer than the statement. That this is one
     * row it sees without knowing which, and keeps its plan.
     */
    static String ofOne(String sql) {
        return UNNEST.matcher(sql).replaceAll(unnest -> {
            String elements = Arrays.stream(unnest.group(1).split(","))
                    .map(array -> "(" + array.strip() + ")[1]")
                    .collect(Collectors.joining(", "));
            return "(SELECT " + elements + (unnest.group(2) == null ? ")" : ", 1)");
        });
    }

    public static <T, V> @Nullable V[] of(
            List<T> rows, IntFunction<@Nullable V[]> array, Function<T, @Nullable V> value) {
        @Nullable V[] values = array.apply(rows.size());
        Arrays.setAll(values, n -> value.apply(rows.get(n)));
        return values;
    }

    /** Null if all the values are: {@code unnest} fills such a column up, which costs less than an array of nulls. */
    public static <T, V> @Nullable V @Nullable [] unlessNull(
            List<T> rows, IntFunction<@Nullable V[]> array, Function<T, @Nullable V> value) {
        @Nullable V[] values = of(rows, array, value);
        return Arrays.stream(values).allMatch(Objects::isNull) ? null : values;
    }
}
