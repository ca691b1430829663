package io.projectbeacon.runner.execution;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Turns rows into the arrays that {@code unnest} takes, one for each column. */
public final class Columns {

    private Columns() {}

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
