package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.QueryParameters;
import io.projectbeacon.runner.job.JobSearch;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The list of jobs, and the part of it that its page asks for every two seconds. */
@Controller
class JobsPage {

    static final int ROWS = 25;

    private static final String TO_TRY = """
            {"models": ["llama3.2-1b", "llama3.2-1b"], "regions": ["us-east", "eu-west"]}""";

    private final Jobs jobs;
    private final JobSearch search;
    private final JobScope scope;
    private final CurlText curl;

    JobsPage(Jobs jobs, JobSearch search, JobScope scope, CurlText curl) {
        this.jobs = jobs;
        this.search = search;
        this.scope = scope;
        this.curl = curl;
    }

    @GetMapping("/jobs")
    String page(
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestParam(required = false) @Nullable String cursor,
            HttpServletRequest request,
            Model model) {
        JobsQuery query = JobsQuery.of(status, id, caller, cursor);
        JobsList list = list(query, found(query));
        model.addAttribute("list", list);
        model.addAttribute("curl", curl(request, query));
        model.addAttribute("toTry", curl.post(request, "/api/v1/jobs", TO_TRY));
        return "ui/jobs";
    }

    /** The same rows as they are now. A page that had none is loaded again once there are some. */
    @GetMapping("/ui/jobs")
    String part(
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable List<Long> rows,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        JobsQuery query = JobsQuery.of(status, id, caller, cursor);
        JobsList list;
        if (rows == null) {
            list = list(query, found(query));
            if (!list.rows().isEmpty()) {
                response.setHeader("HX-Refresh", "true");
            }
        } else {
            list = list(query, same(query, rows));
        }
        model.addAttribute("list", list);
        model.addAttribute("toTry", curl.post(request, "/api/v1/jobs", TO_TRY));
        return "ui/jobs :: live";
    }

    private Page<JobView> found(JobsQuery query) {
        String caller = scope.listed(query.caller());
        Page.Request page = QueryParameters.request(query.cursor(), ROWS, false);
        return query.beginning() == null
                ? jobs.list(caller, query.status(), page)
                : search.byBeginning(query.beginning(), caller, query.status(), page);
    }

    private Page<JobView> same(JobsQuery query, List<Long> rows) {
        if (rows.size() > ROWS || rows.contains(null)) {
            throw ProblemException.badParameter("rows", "it names more than " + ROWS + " rows, or none.");
        }
        return new Page<>(search.these(rows, scope.listed(query.caller())), null, null);
    }

    private JobsList list(JobsQuery query, Page<JobView> page) {
        String caller = scope.listed(query.caller());
        boolean ofAll = seesAll(scope.submitter());
        return new JobsList(
                query,
                ofAll,
                JobsList.choices(query, search.counts(caller)),
                page.items().stream().map(job -> JobRow.of(job, ofAll)).toList(),
                newer(query, caller, page.items()),
                page.next() == null ? null : query.nextPage(page.next()));
    }

    /** Only the first page of the list by age has a place for what is new. */
    private String newer(JobsQuery query, @Nullable String caller, List<JobView> shown) {
        if (query.cursor() != null || query.beginning() != null || shown.isEmpty()) {
            return "";
        }
        long newest = shown.stream().mapToLong(JobView::jobId).max().orElseThrow();
        return JobsList.newer(search.newerThan(newest, caller, query.status()));
    }

    /** Whether the caller sees the jobs of several callers, so that it has to be said whose each is. */
    static boolean seesAll(Caller caller) {
        return caller.has(Role.OPERATOR) && !caller.equals(Caller.ONLY);
    }

    /** The API has no search: its list is filtered where it arrives. */
    private String curl(HttpServletRequest request, JobsQuery query) {
        String list = curl.get(request, query.api(ROWS));
        return query.beginning() == null
                ? list
                : list + " \\\n  | jq --arg id " + CurlText.quoted(query.beginning())
                        + " '.jobs[] | select(.id | startswith($id))'";
    }
}
