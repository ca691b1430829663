package io.projectbeacon.runner.ui;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The page of duplicates says what the API, the counters and the rows say, and to each caller its own. */
class DuplicatesPageTest {

    private static final String HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

    private FakeProvider provider;
    private RunnerApp app;
    private RunnerClient acme;
    private RunnerClient zeta;
    private RunnerClient operator;

    @BeforeEach
    void start() throws IOException {
        provider = FakeProvider.start();
        app = RunnerApp.withCallers(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                RunnerApp.calling(provider, "us-east", "eu-west"));
        acme = app.as("acme", Role.SUBMITTER);
        zeta = app.as("zeta", Role.SUBMITTER);
        operator = app.as("ops", Role.OPERATOR);
    }

    @AfterEach
    void stop() {
        app.close();
        provider.close();
    }

    private static void run(RunnerClient caller, String id, String models) {
        assertThat(caller.submit("""
                        {"id": "%s", "models": [%s], "regions": ["us-east", "eu-west"]}""".formatted(id, models)).status()).isEqualTo(202);
        assertThat(caller.ended(id).path("status").asString()).isEqualTo("completed");
    }

    private static Document page(RunnerClient caller, String query) {
        Reply reply = caller.get("/duplicates" + query);
        assertThat(reply.status()).isEqualTo(200);
        return Jsoup.parse(reply.response().body(), caller.base());
    }

    private static long number(Document page, String selector) {
        return Long.parseLong(page.select(selector).text().replace(",", ""));
    }

    /** The sums of the table by hour: cells by the name of their column. */
    private static long cells(Document page, String column) {
        List<String> names = page.select("#by-hour thead th").eachText();
        int at = names.indexOf(column);
        return at < 0
                ? 0
                : Long.parseLong(
                        page.select("#by-hour tfoot > tr > *").get(at).text().replace(",", ""));
    }

    private static long occurrences(RunnerClient caller, String query) {
        long sum = 0;
        for (JsonNode entry : caller.get("/api/v1/duplicates?limit=1000" + query)
                .json()
                .path("duplicates")
                .values()) {
            sum += entry.path("occurrences").asLong(0);
        }
        return sum;
    }

    /** An entry made by hand, as a late answer leaves it. */
    private void addAllowed(String job, String model) {
        app.jdbc().sql("""
                INSERT INTO execution_duplicates (job_id, region, model_id, layer, outcome, existing_status, existing_count,
                  occurrences, runner, last_event_id, created_at, last_seen_at)
                SELECT id, 'us-east', :model, 'completion', 'allowed', 'completed', 1, 2, 'r', gen_random_uuid(), now(), now()
                FROM jobs WHERE jobspec_id = :job""").param("job", job).param("model", model).update();
    }

    @Test
    void its_sums_are_those_of_the_api_and_of_the_counters() {
        run(acme, "a-1", "\"m\", \"m\", \"m\", \"n\"");
        run(zeta, "z-1", "\"m\", \"m\"");
        assertThat(acme.post("/api/v1/jobs/a-1/retry", "").status()).isEqualTo(202);
        acme.ended("a-1");

        Document all = page(operator, "");
        Document own = page(acme, "");

        assertThat(number(own, "#stopped")).isEqualTo(occurrences(acme, "")).isEqualTo(4 + 4);
        assertThat(cells(own, "input")).isEqualTo(2);
        assertThat(cells(own, "retry")).isEqualTo(4);
        assertThat(number(all, "#stopped"))
                .isEqualTo(occurrences(operator, ""))
                .isEqualTo((long) app.metric("beacon_duplicates_total", "outcome=\"detected\""))
                .isEqualTo(10);
        assertThat(cells(all, "input"))
                .isEqualTo(app.jdbc()
                        .sql("SELECT count(*) FROM execution_duplicates WHERE layer = 'input'")
                        .query(Long.class)
                        .single());
        assertThat(own.select("#top-jobs tbody tr")).hasSize(1);
        assertThat(own.select("#top-models tbody th").eachText()).containsExactly("m", "n");
        assertThat(own.select("#entries tbody tr")).hasSize(6);
        assertThat(own.select("svg[role=img] title").text()).contains("Cells by the hour");
        assertThat(own.select("svg.chart rect[class^=layer]").eachAttr("class")).contains("layer-input", "layer-retry");
    }

    @Test
    void a_caller_sees_its_own_and_may_not_ask_for_anothers() {
        run(acme, "secret-of-acme", "\"model-of-acme\", \"model-of-acme\"");
        run(zeta, "z-1", "\"m\", \"m\"");

        Document zetas = page(zeta, "");

        assertThat(zetas.html()).contains("z-1").doesNotContain("secret-of-acme", "model-of-acme", "acme");
        assertThat(number(zetas, "#stopped")).isEqualTo(2);
        assertThat(page(app.as("zeta", Role.VIEWER), "").html()).contains("z-1").doesNotContain("acme");
        assertThat(zeta.get("/duplicates?caller=acme").status()).isEqualTo(403);
        assertThat(page(operator, "?caller=acme").html())
                .contains("secret-of-acme")
                .doesNotContain("z-1");
    }

    @Test
    void what_was_not_stopped_stands_out_and_can_be_listed_alone() {
        run(acme, "a-1", "\"m\", \"m\"");
        assertThat(page(acme, "").select(".allowed, .not-stopped, .layer-allowed"))
                .isEmpty();
        addAllowed("acme/a-1", "m");

        Document page = page(acme, "");

        assertThat(number(page, "#allowed")).isEqualTo(2);
        assertThat(number(page, "#stopped")).isEqualTo(2);
        assertThat(page.select("#allowed-title").text()).isEqualTo("Not stopped: 2");
        assertThat(cells(page, "not stopped")).isEqualTo(1);
        assertThat(page.select("#entries tr.allowed")).hasSize(1);
        assertThat(page.select("#entries tr.allowed .not-stopped").text()).isEqualTo("⚠ not stopped");
        Element link = page.selectFirst(".problem.allowed a");
        assertThat(link).isNotNull();
        Document alone =
                page(acme, link.attr("href").replaceFirst("/duplicates", "").replaceFirst("#.*", ""));
        assertThat(alone.select("#entries tbody tr")).hasSize(1).allMatch(row -> row.hasClass("allowed"));
    }

    @Test
    void a_text_of_a_client_is_text_and_nothing_on_the_page_runs_or_has_a_style_of_its_own() {
        run(acme, "a-1", "\"%1$s\", \"%1$s\"".formatted(HOSTILE.replace("\"", "\\\"")));

        Document page = page(acme, "?model_id=" + URLEncoder.encode(HOSTILE, UTF_8));

        assertThat(page.select("#top-models tbody th").text()).isEqualTo(HOSTILE);
        assertThat(page.select("#entries tbody tr")).hasSize(2);
        assertThat(page.select("input[name=model_id]").attr("value")).isEqualTo(HOSTILE);
        assertThat(page.select("img, script:not([src]), style, [style]")).isEmpty();
        assertThat(page.getAllElements().stream()
                        .flatMap(element -> element.attributes().asList().stream())
                        .filter(attribute -> attribute.getKey().startsWith("on")))
                .isEmpty();
        Element curl = page.selectFirst("#curl-text");
        assertThat(curl).isNotNull();
        assertThat(curl.text()).doesNotContain("<script>", "'><img");
    }

    @Test
    void the_pages_of_the_ledger_show_each_entry_once_and_keep_the_filters() {
        List<String> models = new ArrayList<>();
        for (int n = 0; n < 30; n++) {
            models.add("\"m" + n + "\", \"m" + n + "\"");
        }
        run(acme, "many", String.join(", ", models));

        Set<String> seen = new HashSet<>();
        String query = "?layer=input&region=us-east";
        assertThat(page(acme, query).select("#entries tbody tr")).hasSize(30);
        int pages = 0;
        for (query = "?layer=input&hours=72"; query != null; pages++) {
            Document page = page(acme, query);
            page.select("#entries tbody tr")
                    .forEach(row -> assertThat(seen.add(
                                    row.child(1).text() + " " + row.child(2).text()))
                            .isTrue());
            Element next = page.selectFirst("a[rel=next]");
            query = next == null ? null : next.attr("href").replaceAll("^/duplicates|#.*", "");
            assertThat(query == null || query.contains("layer=input") && query.contains("hours=72"))
                    .isTrue();
        }
        assertThat(seen).hasSize(60);
        assertThat(pages).isEqualTo(2);
        assertThat(page(acme, "?layer=&outcome=&region=&model_id=&since=").select("#entries tbody tr"))
                .hasSize(50);
        assertThat(page(acme, "?layer=retry").select(".empty").text()).contains("No entry matches.");
    }

    @Test
    void time_saved_is_what_the_models_cells_took_and_what_is_not_known_is_not_said_to_be_nothing() {
        assertThat(page(acme, "").select("#saved").text()).isEqualTo("none");
        run(acme, "a-1", "\"m\", \"m\", \"m\"");
        app.jdbc()
                .sql("UPDATE executions SET started_at = created_at, completed_at = created_at + interval '90 seconds'")
                .update();
        Document known = page(acme, "");
        assertThat(known.select("#saved").text()).isEqualTo("about 6 min");
        assertThat(known.select("#top-models tbody td").last().text()).isEqualTo("1 min 30 s");

        app.jdbc().sql("""
                UPDATE executions SET status = 'failed', error_code = 'x', error_message = 'x', error_provider = 'x'""").update();
        Document page = page(acme, "");
        assertThat(page.select("#saved").text()).isEqualTo("not known");
        assertThat(page.select("#top-models tbody td").last().text()).isEqualTo("not known");
        assertThat(page.text()).contains("Without 4 calls to models of which no such cell is completed");
    }

    @Test
    void of_more_than_it_reads_it_says_so_and_of_what_is_older_than_asked_for_nothing() {
        run(acme, "a-1", "\"m\", \"m\"");
        app.jdbc().sql("""
                INSERT INTO execution_duplicates (job_id, region, model_id, layer, outcome, existing_count, occurrences,
                  runner, last_event_id, created_at, last_seen_at)
                SELECT id, 'us-east', 'model-' || n, 'claim', 'detected', 1, 1, 'r', gen_random_uuid(),
                  now() - interval '30 hours', now() FROM jobs, generate_series(1, 20001) n""").update();

        assertThat(page(operator, "").select("#bound")).isEmpty();
        Document week = page(operator, "?hours=168");
        assertThat(week.select("#bound").text()).contains("newest 20,000 entries");
        assertThat(cells(week, "claim")).isEqualTo(20_000);
    }

    @Test
    void a_wrong_parameter_is_a_page_that_says_what_it_may_be() {
        for (String query :
                List.of("?hours=0", "?hours=169", "?hours=x", "?layer=x", "?outcome=x", "?since=x", "?cursor=x")) {
            Reply reply = acme.get("/duplicates" + query);
            assertThat(reply.status()).as(query).isEqualTo(400);
            assertThat(reply.header("Content-Type")).as(query).startsWith("text/html");
        }
        assertThat(acme.get("/duplicates?hours=169").response().body()).contains("1 to 168");
    }
}
