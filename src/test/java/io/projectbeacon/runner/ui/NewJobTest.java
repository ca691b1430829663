package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Browser;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.util.HtmlUtils;

/** The form of a new job: what a newcomer sees first. */
class NewJobTest {

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static String example(Browser.Page form) {
        String begin = "<textarea class=\"code\"";
        int from = form.body().indexOf('>', form.body().indexOf(begin)) + 1;
        return HtmlUtils.htmlUnescape(form.body().substring(from, form.body().indexOf("</textarea>", from)));
    }

    @Test
    void the_first_visit_leads_to_the_form_and_later_ones_to_the_jobs() {
        try (RunnerApp fresh = RunnerApp.fresh("--beacon.worker.enabled=false")) {
            Browser browser = new Browser(fresh.base());
            assertThat(browser.get("/").location()).isEqualTo("/new");
            fresh.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}");
            assertThat(browser.get("/").location()).isEqualTo("/jobs");
        }
    }

    @Test
    void the_example_names_a_model_twice_and_its_plan_stands_beside_it() {
        Browser.Page form = new Browser(app.base()).get("/new");
        assertThat(form.status()).isEqualTo(200);
        assertThat(form.text())
                .contains("4 named, 2 to run, 2 dropped as duplicates", "Simulated, costs nothing", "Run this job");
        assertThat(example(form)).contains("\"llama3.2-1b\", \"llama3.2-1b\"");
        assertThat(form.text()).contains("The same by curl", "/api/v1/jobs");
    }

    @Test
    void one_click_runs_it_and_a_second_one_is_the_same_job_and_says_so() {
        Browser browser = new Browser(app.base());
        Browser.Page form = browser.get("/new");
        Map<String, String> fields = Map.of("spec", example(form), "key", form.hidden("key"));
        Browser.Page first = browser.post("/new", fields);
        assertThat(first.status()).isEqualTo(303);
        assertThat(first.location()).matches("/jobs/[^?]+");
        Browser.Page second = browser.post("/new", fields);
        assertThat(second.status()).isEqualTo(303);
        assertThat(second.location()).isEqualTo(first.location() + "?replayed");
        String id = first.location().substring("/jobs/".length());
        assertThat(app.ended(id).path("cells").path("completed").asInt()).isEqualTo(2);
        assertThat(browser.get("/new").hidden("key")).isNotEqualTo(form.hidden("key"));
    }

    @Test
    void a_form_with_a_key_of_other_content_gets_a_new_key_and_is_told_why() {
        Browser browser = new Browser(app.base());
        Browser.Page form = browser.get("/new");
        browser.post("/new", Map.of("spec", example(form), "key", form.hidden("key")));
        String other = example(form).replace("Who are you?", "Who am I?");
        Browser.Page again = browser.post("/new", Map.of("spec", other, "key", form.hidden("key")));
        assertThat(again.status()).isEqualTo(422);
        assertThat(again.text()).contains("This form was sent before, with other content", "Nothing was stored now");
        assertThat(again.hidden("key")).isNotEqualTo(form.hidden("key"));
        assertThat(example(again)).isEqualTo(other);
        assertThat(browser.post("/new", Map.of("spec", other, "key", again.hidden("key")))
                        .location())
                .matches("/jobs/[^?]+");
    }

    @Test
    void faults_are_the_api_s_own_and_stand_at_their_lines() {
        Browser browser = new Browser(app.base());
        Browser.Page form = browser.get("/new");
        String broken = "{\r\n  \"models\": [\r\n    \"a\",\r\n    7\r\n  ],\r\n  \"regions\": [\"nowhere\"]\r\n}";
        for (Browser.Page page : java.util.List.of(
                browser.post("/ui/plan", Map.of("spec", broken)),
                browser.post("/new", Map.of("spec", broken, "key", form.hidden("key"))))) {
            assertThat(page.text()).contains("Line 4 /models/1 ", "Line 6 /regions/0 ", "\"regions\": [\"nowhere\"]");
        }
        assertThat(browser.post("/ui/plan", Map.of("spec", "{\n  \"models\": [\"a\"]\n  oops"))
                        .text())
                .contains("Line 3", "oops");
        assertThat(browser.post("/ui/plan", Map.of("spec", "{\"models\": [\"a\"]}"))
                        .text())
                .contains("/regions");
        assertThat(browser.post("/ui/plan", Map.of("spec", "")).status()).isEqualTo(200);
    }

    @Test
    void what_is_typed_comes_back_as_text() {
        Browser browser = new Browser(app.base());
        browser.get("/new");
        String evil = "</textarea><script>alert(1)</script>";
        Browser.Page page = browser.post("/new", Map.of("spec", evil, "key", "a key"));
        assertThat(page.status()).isEqualTo(400);
        assertThat(page.body()).doesNotContain("<script>alert");
        assertThat(example(page)).isEqualTo(evil);
    }

    @Test
    void without_javascript_a_button_shows_the_plan() {
        Browser browser = new Browser(app.base());
        browser.get("/new");
        Browser.Page page = browser.post(
                "/new",
                Map.of(
                        "spec", "{\"models\": [\"a\"], \"regions\": [\"us-east\", \"us\"]}",
                        "key", "not-used",
                        "plan", "true"));
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.text()).contains("2 named, 1 to run, 1 dropped as duplicates");
        assertThat(page.hidden("key")).isEqualTo("not-used");
    }

    @Test
    void a_job_like_another_has_its_jobspec_without_its_id() {
        app.submit("{\"id\": \"liked\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"prompt\": \"Why?\"}");
        Browser browser = new Browser(app.base());
        Browser.Page form = browser.get("/new?like=liked");
        assertThat(example(form)).contains("\"Why?\"").doesNotContain("liked");
        assertThat(form.text()).contains("it will be a job of its own");
        Browser.Page none = browser.get("/new?like=none");
        assertThat(none.status()).isEqualTo(404);
        assertThat(none.header("Content-Type")).startsWith("text/html");
        assertThat(none.text()).contains("There is no job with the id 'none'.");
    }
}
