package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.intake.QueryParameters;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which jobs the list shows: all of it is in the URL.
 *
 * @param beginning of the ids
 * @param cursor of the page before
 */
record JobsQuery(
        @Nullable JobStatus status,
        @Nullable String beginning,
        @Nullable String caller,
        @Nullable String cursor) {

    static JobsQuery of(
            @Nullable String status, @Nullable String beginning, @Nullable String caller, @Nullable String cursor) {
        return new JobsQuery(
                QueryParameters.word("status", QueryText.filled(status), JobStatus.class),
                QueryText.filled(beginning),
                QueryText.filled(caller),
                QueryText.filled(cursor));
    }

    public boolean isFiltered() {
        return status != null || beginning != null || caller != null;
    }

    @Nullable
    public String statusWord() {
        return status == null ? null : status.wireName();
    }

    /** The first page of the same jobs. */
    public String firstPage() {
        return query().on("/jobs");
    }

    String nextPage(long next) {
        return query().and("cursor", Long.toString(next)).on("/jobs");
    }

    /** The first page of the jobs of this status; null: of all. */
    String ofStatus(@Nullable JobStatus other) {
        return new JobsQuery(other, beginning, caller, null).firstPage();
    }

    /** The part that shows how these rows are now. */
    String part(List<Long> rows) {
        String keys = rows.stream().map(String::valueOf).collect(Collectors.joining(","));
        return query().and("cursor", cursor)
                .and("rows", rows.isEmpty() ? null : keys)
                .on("/ui/jobs");
    }

    /** The same list of the API, which has no search. */
    String api(int limit) {
        return new QueryText()
                .and("status", statusWord())
                .and("caller", caller)
                .and("limit", Integer.toString(beginning == null ? limit : 1000))
                .and("cursor", beginning == null ? cursor : null)
                .on("/api/v1/jobs");
    }

    private QueryText query() {
        return new QueryText().and("status", statusWord()).and("id", beginning).and("caller", caller);
    }
}
