package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.job.JobView;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a job is, for a page and its parts. An operator's links say whose job it is.
 *
 * @param caller null where the reader sees no others' jobs
 * @param show which cells the page shows instead of the matrix; see {@link CellChoice}
 */
record JobLinks(
        String id, @Nullable String caller, @Nullable String show) {

    static JobLinks to(JobView job, boolean ofAll) {
        return new JobLinks(job.id(), ofAll ? Objects.requireNonNullElse(job.caller(), "default") : null, null);
    }

    public JobLinks showing(@Nullable String choice) {
        return new JobLinks(id, caller, choice);
    }

    /** The page of the job. */
    public String page() {
        return query().on(path());
    }

    /** The page with what has come of a button. */
    String saying(String word) {
        return query().and("said", word).on(path());
    }

    /** The page with one cell beside the matrix. */
    String cell(String region, String modelId) {
        return query().and("region", region).and("model_id", modelId).on(path()) + "#cell";
    }

    public String cellPart(String region, String modelId) {
        return query().and("region", region).and("model_id", modelId).on("/ui" + path() + "/cell");
    }

    /** The page with a list of the cells of one model. */
    String model(String modelId) {
        return listed().and("model_id", modelId).on(path());
    }

    /** The page with a list of the cells of one region. */
    String region(String region) {
        return listed().and("region", region).on(path());
    }

    private QueryText listed() {
        return showing(show == null ? CellChoice.ALL.word() : show).query();
    }

    public String part(String name) {
        return query().on("/ui" + path() + "/" + name);
    }

    public String action(String name) {
        return ofCaller().on(path() + "/" + name);
    }

    /** In the API. */
    public String api(String below) {
        return ofCaller().on(apiPath() + below);
    }

    String apiPath() {
        return "/api/v1" + path();
    }

    /** The form for a new job, filled with this one. */
    public String like() {
        return new QueryText().and("like", id).and("caller", caller).on("/new");
    }

    QueryText query() {
        return ofCaller().and("show", show);
    }

    String path() {
        return "/jobs/" + id;
    }

    private QueryText ofCaller() {
        return new QueryText().and("caller", caller);
    }
}
