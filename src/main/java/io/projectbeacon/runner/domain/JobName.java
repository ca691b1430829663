package io.projectbeacon.runner.domain;

import org.jspecify.annotations.Nullable;

/**
 * What a job is called: by the id that its client gave, or got, which is unique among the jobs of one caller.
 *
 * @param id holds no slash
 */
public record JobName(String caller, String id) {

    private static final char BETWEEN = '/';

    /** The name that {@link #text} wrote. */
    public static JobName of(String text) {
        int between = text.indexOf(BETWEEN);
        return between < 0
                ? new JobName(Caller.ONLY.name(), text)
                : new JobName(text.substring(0, between), text.substring(between + 1));
    }

    /**
     * The name in one word, as it stands in the column {@code jobspec_id}, in logs, labels and keys: {@code caller/id}. The
     * default caller is left out, since all jobs were its jobs before there were others.
     */
    public String text() {
        return isOfDefault() ? id : caller + BETWEEN + id;
    }

    /** The caller, where it is shown beside the id: not the default one. */
    public @Nullable String shownCaller() {
        return isOfDefault() ? null : caller;
    }

    private boolean isOfDefault() {
        return caller.equals(Caller.ONLY.name());
    }
}
