package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.execution.MatrixReader.Sums;
import io.projectbeacon.runner.job.JobView;

/**
 * The cells of one model, or of one region, together.
 *
 * @param ended how many have come to an end
 * @param all how many there are
 * @param words the counts by state
 * @param median of the completed cells, or a dash
 * @param tokens of their answers, or a dash
 */
record Margin(int ended, int all, String done, String words, String median, String tokens) {

    private static final String NOT_KNOWN = "–";

    static Margin of(Sums sums, int all) {
        int ended = sums.claimed() - sums.running();
        JobView.Cells cells = new JobView.Cells(
                all,
                Math.max(0, all - sums.claimed()),
                sums.running(),
                sums.completed(),
                sums.failed(),
                sums.cancelled(),
                sums.unknown(),
                sums.flagged());
        return new Margin(
                ended,
                all,
                ReportWords.number(ended) + "/" + ReportWords.number(all),
                JobWords.states(cells),
                sums.median() == null ? NOT_KNOWN : ReportWords.time(sums.median()),
                tokens(sums));
    }

    private static String tokens(Sums sums) {
        if (sums.tokens() == null) {
            return NOT_KNOWN;
        }
        // A sum of those that are known is less than the whole.
        return (sums.tokensPartly() ? "more than " : "") + ReportWords.number(sums.tokens());
    }
}
