package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.job.JobSearch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The list of jobs as its page shows it.
 *
 * @param ofAll whether the reader sees the jobs of others
 * @param newer a sentence about jobs that have come since; empty when there are none
 * @param next the link to the next page; null on the last one, and in what is asked for again
 */
record JobsList(
        JobsQuery query,
        boolean ofAll,
        List<Choice> choices,
        List<JobRow> rows,
        String newer,
        @Nullable String next) {

    /** A status to filter by, with how many jobs have it. */
    record Choice(String word, String link, String count, boolean isChosen) {}

    /** Whether there is no job at all. */
    public boolean isNew() {
        return rows.isEmpty() && !query.isFiltered() && query.cursor() == null;
    }

    /** The part of the page that is asked for again and again: the same rows, so that none moves. */
    public String part() {
        return query.part(rows.stream().map(JobRow::key).toList());
    }

    static List<Choice> choices(JobsQuery query, Map<JobStatus, Long> counts) {
        List<Choice> choices = new ArrayList<>();
        long sum = counts.values().stream().mapToLong(Long::longValue).sum();
        boolean isBounded = counts.values().stream().anyMatch(count -> count >= JobSearch.MOST_COUNTED);
        choices.add(new Choice("all", query.ofStatus(null), number(sum, isBounded), query.status() == null));
        for (JobStatus status : JobStatus.values()) {
            long count = counts.getOrDefault(status, 0L);
            choices.add(new Choice(
                    status.wireName(),
                    query.ofStatus(status),
                    number(count, count >= JobSearch.MOST_COUNTED),
                    query.status() == status));
        }
        return choices;
    }

    /** A count that was not taken to its end is said to be one. */
    private static String number(long count, boolean isBounded) {
        return ReportWords.number(count) + (isBounded ? " or more" : "");
    }

    static String newer(long count) {
        if (count == 0) {
            return "";
        }
        String jobs = ReportWords.count(count, "new job", "new jobs");
        return count >= JobSearch.MOST_COUNTED ? jobs + " or more" : jobs;
    }
}
