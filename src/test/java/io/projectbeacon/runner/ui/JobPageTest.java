package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.TestServers;
import io.projectbeacon.runner.ui.FormBrowser.Page;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The page of one job, and what its buttons do. */
class JobPageTest {

    private static FakeProvider provider;
    private static RunnerApp app;
    private static RunnerApp open;

    @BeforeAll
    static void start() throws IOException {
        provider = FakeProvider.start();
        app = RunnerApp.withCallers(TestServers.newDatabase(), TestServers.newRedisUrl(), properties());
        open = RunnerApp.fresh(properties().toArray(String[]::new));
    }

    private static List<String> properties() {
        return RunnerApp.calling(provider, "us-east", "us-west", "eu-west", "asia-pacific");
    }

    @AfterAll
    static void stop() {
        app.close();
        open.close();
        provider.close();
    }

    @AfterEach
    void recover() {
        for (String region : List.of("us-east", "us-west", "eu-west", "asia-pacific")) {
            provider.recover(region);
            provider.release(region);
        }
    }

    @Test
    void the_matrix_and_its_sums_are_those_of_the_api() {
        provider.failWith("us-west", 400);
        RunnerClient acme = app.as("acme", Role.SUBMITTER);
        acme.submit("""
                {"id":"sums","models":["a","b/c","a"],"regions":["us-east","us-west"],"prompt":"Who are you?"}""");
        JsonNode job = acme.ended("sums");
        Page page = browser("acme").get("/jobs/sums");

        assertThat(page.html().select("a.cell")).hasSize(4);
        acme.cells("sums").forEach((name, cell) -> {
            String region = cell.path("region").asString();
            String model = cell.path("model_id").asString();
            String status = cell.path("status").asString();
            Element square = page.html()
                    .select("a.cell[aria-label=\"%s in %s: %s\"]".formatted(model, region, status))
                    .first();
            assertThat(square).as(name).isNotNull();
            assertThat(square.text()).isEqualTo(status);
            assertThat(square.select("use").attr("href")).isEqualTo("/ui/static/shapes.svg#" + status);
        });
        assertThat(page.text("#words")).isEqualTo("Cells: 2 completed, 2 failed.");
        assertThat(job.at("/cells/completed").asInt()).isEqualTo(2);
        // An answer has eight words, the question three.
        assertThat(page.html().select("#model-0 td.num").eachText())
                .startsWith("2/2")
                .endsWith("11");
        assertThat(page.html().select(".matrix tfoot tr").first().select("td").eachText())
                .startsWith("2/2", "2/2");
        assertThat(page.html().select(".matrix tfoot tr").last().select("td").eachText())
                .startsWith("22", "–");
        assertThat(page.text("#duplicates-line"))
                .isEqualTo(
                        "2 duplicates were stopped before the call, and cost nothing: 2 named more than once in the JobSpec.");
        assertThat(page.html().select("#live").hasAttr("data-stream")).isFalse();
        assertThat(page.text("#curl-text")).contains("/api/v1/jobs/sums");
    }

    @Test
    void a_cell_shows_what_it_was_asked_and_answered_as_text_and_why_its_duplicates_were_stopped() {
        RunnerClient acme = app.as("acme", Role.SUBMITTER);
        String prompt = "<script>alert(1)</script> & <b>bold</b>";
        acme.submit("""
                {"id":"texts","models":["<i>m</i>","<i>m</i>"],"regions":["us-east"],"system":"</pre><img src=x>",
                 "prompt":"%s"}""".formatted(prompt));
        acme.ended("texts");
        acme.post("/api/v1/jobs/texts/retry", "");
        await().untilAsserted(() -> assertThat(
                        acme.ended("texts").at("/duplicates/by_layer/retry").asInt())
                .isEqualTo(1));

        FormBrowser browser = browser("acme");
        Page job = browser.get("/jobs/texts");
        Page cell = browser.get(job.attribute("a.cell", "href").replaceAll("#.*", ""));
        assertThat(cell.status()).isEqualTo(200);
        assertThat(cell.body()).doesNotContain("<script>alert", "<b>bold", "<img", "<i>m</i>");
        assertThat(cell.html().select("#question-1").first().wholeText()).isEqualTo(prompt);
        assertThat(cell.html().select("#answer-1").first().wholeText()).startsWith("Model <i>m</i> in us-east says: ");
        assertThat(cell.html().select("[data-copy=#answer-1]")).hasSize(1);
        assertThat(cell.text("#context pre")).contains("</pre><img src=x>");
        assertThat(cell.text("#exchange-1 dl")).contains("Finish reason stop");
        assertThat(cell.html().select("#tries tbody tr")).hasSize(1);
        assertThat(cell.html().select("#cell-duplicates li").eachText())
                .anySatisfy(
                        sentence -> assertThat(sentence)
                                .matches(
                                        "Stopped before the call: completed .* earlier in run 1 by .*; saved 1 call and about .* s\\."))
                .anySatisfy(sentence -> assertThat(sentence)
                        .matches("Dropped before the job was stored: its JobSpec named this cell 2 times;"
                                + " saved 1 call and about .* s\\."));
        assertThat(cell.text("#curl-text")).contains("region=us-east&model_id=%3Ci%3Em%3C%2Fi%3E");
        Page stopped = browser.get(job.attribute("#show-stopped", "href"));
        assertThat(stopped.html().select("#list tbody tr")).hasSize(2);
    }

    @Test
    void a_cell_that_the_job_has_not_is_not_found_and_the_page_says_so() {
        RunnerClient acme = app.as("acme", Role.SUBMITTER);
        acme.submit("{\"id\":\"no-cell\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}");
        acme.ended("no-cell");
        Page page = browser("acme").get("/jobs/no-cell?region=us-west&model_id=a");
        assertThat(page.status()).isEqualTo(404);
        assertThat(page.text("#no-cell")).contains("no cell of this model");
        assertThat(browser("acme").get("/jobs/none").status()).isEqualTo(404);
    }

    @Test
    void what_is_not_known_is_not_shown_as_0() {
        provider.answerWith("asia-pacific", 200, """
                {"choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"hm\\u0000"}}]}""");
        RunnerClient acme = app.as("acme", Role.SUBMITTER);
        acme.submit("{\"id\":\"unknowns\",\"models\":[\"a\"],\"regions\":[\"asia-pacific\"]}");
        acme.ended("unknowns");
        Page page = browser("acme").get("/jobs/unknowns?region=asia-pacific&model_id=a");
        assertThat(page.html().select("#model-0 td.num").eachText()).endsWith("–");
        assertThat(page.html().select("#exchange-1 dd").eachText()).startsWith("not known", "not known", "not known");
        // PostgreSQL reads no JSON with U+0000 in it.
        app.jdbc()
                .sql("UPDATE executions SET answers = :answers::json WHERE job_id = (SELECT id FROM jobs WHERE"
                        + " jobspec_id = 'acme/unknowns')")
                .param(
                        "answers",
                        "[{\"response\":\"a\\\\u0000\\u0000\",\"prompt_tokens\":2,\"completion_tokens\":3},"
                                + "{\"response\":\"b\",\"prompt_tokens\":null,\"completion_tokens\":3}]")
                .update();
        assertThat(browser("acme")
                        .get("/jobs/unknowns")
                        .html()
                        .select("#model-0 td.num")
                        .eachText())
                .endsWith("more than 5");
    }

    @Test
    void the_job_of_another_caller_is_not_found_by_any_route_and_an_operator_keeps_its_caller_in_each_link() {
        RunnerClient acme = app.as("acme", Role.SUBMITTER);
        acme.submit("{\"id\":\"owned\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}");
        acme.ended("owned");
        FormBrowser zeta = browser("zeta");
        for (String path : List.of(
                "/jobs/owned",
                "/jobs/owned?caller=acme",
                "/ui/jobs/owned/matrix",
                "/ui/jobs/owned/cell?region=us-east&model_id=a",
                "/ui/jobs/owned/duplicates")) {
            Page page = zeta.get(path);
            assertThat(page.status()).as(path).isEqualTo(404);
            assertThat(page.body()).as(path).doesNotContain("completed");
        }
        assertThat(zeta.post("/jobs/owned/cancel").status()).isEqualTo(404);
        assertThat(zeta.post("/jobs/owned/retry").status()).isEqualTo(404);

        Page page = FormBrowser.as(app, "ops", Role.OPERATOR).get("/jobs/owned");
        assertThat(page.html().select("main a[href^=/jobs/], main a[href^=/new?], main form").stream()
                        .map(element -> element.attr("href") + element.attr("action")))
                .isNotEmpty()
                .allMatch(link -> link.contains("caller=acme"));
        assertThat(page.attribute("#live", "hx-get")).contains("caller=acme");
    }

    @Test
    void a_viewer_has_no_button_and_may_not_press_one() {
        RunnerClient acme = app.as("acme", Role.SUBMITTER);
        acme.submit("{\"id\":\"viewed\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}");
        acme.ended("viewed");
        FormBrowser viewer = FormBrowser.as(app, "acme", Role.VIEWER);
        assertThat(viewer.get("/jobs/viewed").html().select("main form, main a[href^=/new]"))
                .isEmpty();
        assertThat(viewer.post("/jobs/viewed/retry").status()).isEqualTo(403);
        assertThat(browser("acme").get("/jobs/viewed").html().select("#cancel, #retry, #retry-unknown, #like"))
                .hasSize(4);
    }

    @Test
    void a_job_is_cancelled_and_retried_by_its_buttons_with_the_token_of_the_page_only() {
        provider.hold("eu-west");
        open.submit("{\"id\":\"buttons\",\"models\":[\"a\"],\"regions\":[\"eu-west\"]}");
        await().until(() -> open.cells("buttons").containsKey("eu-west/a"));
        FormBrowser browser = FormBrowser.of(open);
        Page running = browser.get("/jobs/buttons");
        assertThat(running.attribute("#live", "data-stream")).isEqualTo("/api/v1/jobs/buttons/events");
        assertThat(running.html().select("#head").hasAttr("data-announce")).isFalse();
        assertThat(running.html().select("#cancel").hasAttr("aria-disabled")).isFalse();

        assertThat(browser.post("/jobs/buttons/cancel").status()).isEqualTo(403);
        assertThat(open.get("/api/v1/jobs/buttons").json().path("status").asString())
                .isEqualTo("running");
        Page tooEarly = browser.press(running, "retry");
        assertThat(tooEarly.text("#said")).contains("has not ended yet");

        Page cancelled = browser.press(running, "cancel");
        assertThat(cancelled.text("#said")).contains("The job has been cancelled");
        assertThat(cancelled.text("#head .badge")).isEqualTo("cancelled");
        assertThat(browser.get("/ui/jobs/buttons/matrix").attribute("#head", "data-announce"))
                .startsWith("Job buttons ended: ");
        assertThat(browser.press(running, "cancel").text("#said")).contains("cancelled before");
        provider.recover("eu-west");
        provider.release("eu-west");

        // What was being called when it was cancelled may have been answered.
        Page again = browser.press(cancelled, "retry");
        assertThat(again.text("#said")).contains("The job runs again");
        assertThat(open.ended("buttons").path("status").asString()).isEqualTo("completed");
        assertThat(browser.press(again, "cancel").text("#said")).contains("had ended already");
    }

    @Test
    void a_held_cell_is_run_again_by_the_button_that_says_so_only() {
        provider.closeAfterReading("us-west");
        open.submit("""
                {"id":"held","models":["a"],"regions":["us-west"],"constraints":{"on_unknown":"hold"}}""");
        assertThat(open.ended("held").at("/cells/unknown").asInt()).isEqualTo(1);
        provider.recover("us-west");
        FormBrowser browser = FormBrowser.of(open);
        Page held = browser.get("/jobs/held?show=unknown");
        assertThat(held.html().select("#list tbody tr")).hasSize(1);
        assertThat(held.html().select("#retry-unknown").hasAttr("aria-disabled"))
                .isFalse();

        assertThat(browser.press(held, "retry").status()).isEqualTo(200);
        assertThat(open.ended("held").at("/cells/unknown").asInt()).isEqualTo(1);
        assertThat(browser.press(held, "retry-unknown").status()).isEqualTo(200);
        assertThat(open.ended("held").at("/cells/completed").asInt()).isEqualTo(1);
    }

    @Test
    void the_cells_of_one_state_or_model_are_listed_page_by_page() {
        provider.failWith("us-east", 400);
        open.submit("{\"id\":\"listed\",\"models\":[%s],\"regions\":[\"us-east\",\"us-west\"]}".formatted(models(105)));
        open.ended("listed");
        FormBrowser browser = FormBrowser.of(open);
        Page failed = browser.get("/jobs/listed?show=failed");
        assertThat(failed.html().select("#list tbody tr")).hasSize(100);
        assertThat(failed.html().select("#list tbody td:nth-child(2)").eachText())
                .containsOnly("us-east");
        assertThat(failed.html().select("a.cell")).isEmpty();
        Page rest = browser.get(failed.attribute("#next", "href"));
        assertThat(rest.html().select("#list tbody tr")).hasSize(5);
        Page ofModel = browser.get("/jobs/listed?model_id=m7");
        assertThat(ofModel.html().select("#list tbody .badge").eachText())
                .containsExactlyInAnyOrder("failed", "completed");
    }

    @Test
    void a_job_of_more_than_two_thousand_cells_is_shown_by_model_and_by_region_without_boxes() {
        try (RunnerApp idle = RunnerApp.fresh("--beacon.worker.enabled=false")) {
            idle.submit("{\"id\":\"large\",\"models\":[%s],\"regions\":[\"us-east\",\"us-west\",\"eu-west\"]}"
                    .formatted(models(667)));
            idle.submit("{\"id\":\"largest-matrix\",\"models\":[%s],\"regions\":[\"us-east\",\"us-west\"]}"
                    .formatted(models(1000)));
            FormBrowser browser = FormBrowser.of(idle);
            Page large = browser.get("/jobs/large");
            assertThat(large.html().select("a.cell")).isEmpty();
            assertThat(large.html().select("#by-model tbody tr")).hasSize(667);
            assertThat(large.html().select("#by-region tbody tr th").eachText())
                    .containsExactly("us-east", "us-west", "eu-west");
            assertThat(large.html()
                            .select("#by-region tbody tr")
                            .first()
                            .select("td")
                            .eachText())
                    .startsWith("0/667", "667 pending", "–", "–");
            assertThat(browser.get("/jobs/largest-matrix").html().select("a.cell"))
                    .hasSize(2000);
        }
    }

    @Test
    void a_model_that_is_kept_to_some_regions_has_no_box_in_the_others() {
        open.submit("""
                {"id":"kept","models":["a",{"id":"b","regions":["us-west"]}],"regions":["us-east","us-west"]}""");
        open.ended("kept");
        Page page = FormBrowser.of(open).get("/jobs/kept");
        assertThat(page.html().select("a.cell")).hasSize(3);
        assertThat(page.html().select("#model-1 td").eachText()).startsWith("– no such cell", "completed", "1/1");
        assertThat(page.html().select(".matrix tfoot tr").first().select("td").eachText())
                .startsWith("1/1", "2/2");
    }

    private static String models(int count) {
        return IntStream.range(0, count).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(","));
    }

    private static FormBrowser browser(String caller) {
        return FormBrowser.as(app, caller, Role.SUBMITTER);
    }
}
