package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.TestServers;
import io.projectbeacon.runner.ui.FormBrowser.Page;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The list of jobs. No runner takes jobs here, so they stay as they are. */
class JobsPageTest {

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.withCallers(
                TestServers.newDatabase(), TestServers.newRedisUrl(), List.of("--beacon.worker.enabled=false"));
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void jobs_are_listed_newest_first_page_by_page_each_once() {
        FormBrowser acme = as("acme", Role.VIEWER);
        submit("acme", IntStream.range(0, 30).mapToObj("page-%02d"::formatted).toList());
        Page first = acme.get("/jobs");
        assertThat(first.status()).isEqualTo(200);
        assertThat(ids(first)).hasSize(25).startsWith("page-29", "page-28").endsWith("page-05");
        Page second = acme.get(first.attribute("#next", "href"));
        assertThat(ids(second)).containsExactly("page-04", "page-03", "page-02", "page-01", "page-00");
        assertThat(second.html().select("#next")).isEmpty();
        assertThat(second.attribute("#first", "href")).isEqualTo("/jobs");
        assertThat(first.html().select("progress").first().attr("max")).isEqualTo("1");
        assertThat(first.text("tr:has(a:contains(page-29)) .badge")).isEqualTo("queued");
    }

    @Test
    void a_status_shows_its_jobs_and_each_says_how_many_it_has() {
        FormBrowser zeta = as("zeta", Role.SUBMITTER);
        submit("zeta", List.of("waits-1", "waits-2", "stopped-1"));
        app.as("zeta", Role.SUBMITTER).post("/api/v1/jobs/stopped-1/cancel", "");
        Page all = zeta.get("/jobs");
        assertThat(all.text("#status-queued .count")).isEqualTo("2");
        assertThat(all.text("#status-cancelled .count")).isEqualTo("1");
        assertThat(all.text("#status-all .count")).isEqualTo("3");
        Page cancelled = zeta.get(all.attribute("#status-cancelled", "href"));
        assertThat(ids(cancelled)).containsExactly("stopped-1");
        assertThat(cancelled.attribute("#status-cancelled", "aria-current")).isEqualTo("true");
        assertThat(zeta.get("/jobs?status=failed").text("#none")).contains("No job matches");
        assertThat(zeta.get("/jobs?status=hanging").status()).isEqualTo(400);
    }

    @Test
    void a_search_finds_the_jobs_whose_ids_begin_so_of_every_caller_whose_jobs_one_may_see() {
        submit("tau", IntStream.range(0, 27).mapToObj("find-me-%02d"::formatted).toList());
        submit("tau", List.of("find-ne", "other"));
        submit("light", List.of("find-me-13", "find-me-zz"));
        app.submit("{\"id\":\"find-me-13\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}");

        FormBrowser tau = as("tau", Role.VIEWER);
        Page first = tau.get("/jobs?id=find-me");
        assertThat(ids(first)).hasSize(25).startsWith("find-me-26");
        assertThat(ids(tau.get(first.attribute("#next", "href")))).containsExactly("find-me-01", "find-me-00");
        assertThat(ids(tau.get("/jobs?id=find-me-0"))).hasSize(10);
        assertThat(ids(tau.get("/jobs?id=find-me&status=cancelled"))).isEmpty();
        assertThat(ids(tau.get("/jobs?id=find-me-zz"))).isEmpty();
        assertThat(ids(tau.get("/jobs?id=find%25"))).isEmpty();

        FormBrowser operator = as("ops", Role.OPERATOR);
        Page all = operator.get("/jobs?id=find-me");
        assertThat(ids(all)).hasSize(25).startsWith("find-me-zz", "find-me-26");
        Page rest = operator.get(all.attribute("#next", "href"));
        assertThat(ids(rest)).hasSize(5).endsWith("find-me-01", "find-me-00");
        assertThat(operator.get("/jobs?id=find-me-13")
                        .html()
                        .select("tbody tr th a")
                        .eachAttr("href"))
                .containsExactlyInAnyOrder(
                        "/jobs/find-me-13?caller=tau",
                        "/jobs/find-me-13?caller=light",
                        "/jobs/find-me-13?caller=default");
        assertThat(ids(operator.get("/jobs?id=find-me&caller=light"))).containsExactly("find-me-zz", "find-me-13");
    }

    @Test
    void what_is_asked_for_again_has_the_same_rows_as_they_are_now_and_says_how_many_have_come() {
        FormBrowser heavy = as("heavy", Role.SUBMITTER);
        submit("heavy", List.of("live-1", "live-2"));
        Page page = heavy.get("/jobs?status=queued");
        String part = page.attribute("#live", "hx-get");
        assertThat(heavy.get(part).html().select("#show-newer")).isEmpty();

        submit("heavy", List.of("live-3", "live-4"));
        app.as("heavy", Role.SUBMITTER).post("/api/v1/jobs/live-1/cancel", "");
        Page now = heavy.get(part);
        assertThat(ids(now)).containsExactly("live-2", "live-1");
        assertThat(now.text("tr:has(a:contains(live-1)) .badge")).isEqualTo("cancelled");
        assertThat(now.text("#show-newer")).isEqualTo("2 new jobs: show");
        assertThat(now.attribute("#show-newer", "href")).isEqualTo("/jobs?status=queued");
        assertThat(now.html().select("html > head > title")).isEmpty();
        assertThat(now.html().select("main")).isEmpty();
    }

    @Test
    void rows_of_another_caller_are_left_out() {
        submit("small", List.of("mine"));
        submit("large", List.of("theirs"));
        long theirs = app.jdbc()
                .sql("SELECT id FROM jobs WHERE jobspec_id = 'large/theirs'")
                .query(Long.class)
                .single();
        assertThat(ids(as("small", Role.VIEWER).get("/ui/jobs?rows=" + theirs))).isEmpty();
        assertThat(ids(as("ops", Role.OPERATOR).get("/ui/jobs?rows=" + theirs))).containsExactly("theirs");
        assertThat(as("small", Role.VIEWER).get("/jobs?caller=large").status()).isEqualTo(403);
    }

    @Test
    void who_has_no_job_is_told_how_to_submit_one_and_sees_it_when_it_has_come() {
        FormBrowser other = as("other", Role.SUBMITTER);
        Page page = other.get("/jobs");
        assertThat(page.text("#to-try")).contains("curl", "/api/v1/jobs", "\"models\"");
        assertThat(as("other", Role.VIEWER).get("/jobs").html().select("#to-try, a[href=/new]"))
                .isEmpty();
        String part = page.attribute("#live", "hx-get");
        assertThat(other.get(part).answer().header("HX-Refresh")).isEmpty();
        submit("other", List.of("the-first"));
        assertThat(other.get(part).answer().header("HX-Refresh")).isEqualTo("true");
        assertThat(page.text("#curl-text")).contains(app.base() + "/api/v1/jobs?limit=25");
    }

    private static void submit(String caller, List<String> ids) {
        RunnerClient client = app.as(caller, Role.SUBMITTER);
        for (String id : ids) {
            assertThat(client.submit("{\"id\":\"%s\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}".formatted(id))
                            .status())
                    .isEqualTo(202);
        }
    }

    private static List<String> ids(Page page) {
        return page.html().select("table.jobs tbody th a").eachText();
    }

    private static FormBrowser as(String caller, Role role) {
        return FormBrowser.as(app, caller, role);
    }
}
