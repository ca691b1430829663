package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A row's new state, ready to be written.
 *
 * @param answers those that the row does not have, as a JSON array
 * @param text what came with a failure, as JSON; null when nothing did
 */
record RowWrite(
        Attempt attempt,
        RowState state,
        String answers,
        @Nullable String text) {

    private static final int SERVER_ERROR = 500;

    private <V> @Nullable V ofError(Function<RowState.Error, @Nullable V> value) {
        return state.error() == null ? null : value.apply(state.error());
    }

    /** Behind how many answers of the row the new ones go; null when they are all that it has then. */
    @Nullable
    Integer stored() {
        return state.answers().stored() == 0 ? null : state.answers().stored();
    }

    /** How many answers the row has with the new ones, where they go behind others. */
    @Nullable
    Integer answered() {
        return state.answers().stored() == 0 ? null : state.answers().count();
    }

    @Nullable
    String code() {
        return ofError(error -> withoutNul(error.failure().code()));
    }

    @Nullable
    String message() {
        return ofError(error -> withoutNul(error.failure().message()));
    }

    @Nullable
    Integer http() {
        return ofError(error -> error.failure().httpStatus());
    }

    @Nullable
    Boolean retryable() {
        return ofError(RowState.Error::retryable);
    }

    /** True or null, since most failures are not. */
    @Nullable
    Boolean paid() {
        return ofError(error -> error.paid() ? true : null);
    }

    /** The question whose key is given up; null when none is. */
    @Nullable
    Integer keyGivenUp() {
        return ofError(error -> givesKeyUp(error.failure()) ? state.answers().count() : null);
    }

    /** Null when no attempt follows, or nothing has been counted. */
    @Nullable
    Counted counted() {
        Counted counted = state.counted();
        return counted == null || counted.equals(Counted.NONE) ? null : counted;
    }

    /** The marks of the cell's answers, joined by commas; null when it has none. */
    @Nullable
    String flags() {
        List<String> flags = state.flags();
        return flags.isEmpty() ? null : String.join(",", flags);
    }

    /**
     * A provider may remember what it told as a call's outcome; it knows nothing of a call that was never sent, and
     * remembers none that it refused for now. A 5xx after an unknown outcome may come from a gateway while the
     * earlier call goes on under the key, so the key is kept for as long as the cell goes on.
     */
    private boolean givesKeyUp(Failure failure) {
        return switch (failure.told()) {
            case NOT_SENT, NOTHING -> false;
            case REPLAY -> true;
            case OUTCOME ->
                !(state.isWaiting()
                        && failure.httpStatus() != null
                        && failure.httpStatus() >= SERVER_ERROR
                        && attempt.inDoubtAfter(state.answers().count()));
        };
    }

    /** PostgreSQL has no U+0000 in text. */
    private static String withoutNul(String text) {
        return text.replace("\0", "");
    }
}
