package io.projectbeacon.runner.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The page of a job whose cells end, are cancelled and run again while it is looked at. */
class LiveJobTest {

    private static final String REGION = "us-east";

    private static FakeProvider provider;
    private static RunnerApp app;
    private static String database;
    private static String redis;

    @BeforeAll
    static void start() throws IOException {
        Chromium.shared();
        provider = FakeProvider.start();
        database = TestServers.newDatabase();
        redis = TestServers.newRedisUrl();
        app = started(0);
    }

    private static RunnerApp started(int port) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, REGION));
        properties.add("--server.port=" + port);
        // A stop breaks off the calls that wait here: the next start makes them again.
        properties.add("--beacon.worker.shutdown-timeout=1s");
        return RunnerApp.start(database, redis, properties);
    }

    @AfterAll
    static void stop() {
        if (app != null) {
            app.close();
            provider.close();
        }
    }

    /** A job of two models, whose calls wait. */
    private static String waitingJob() {
        provider.hold(REGION);
        return app.submit("{\"models\": [\"a/one\", \"b\"], \"regions\": [\"us-east\"]}")
                .json()
                .path("id")
                .asString();
    }

    @Test
    void two_people_see_the_cells_of_a_job_end() {
        String id = waitingJob();
        try (Person one = Person.visiting(app);
                Person other = Person.visiting(app)) {
            List<JobPage> pages =
                    List.of(new JobPage(one.opens("/jobs/" + id)), new JobPage(other.opens("/jobs/" + id)));
            pages.forEach(
                    page -> assertThat(page.cell(REGION, "a/one", "running")).isVisible());
            provider.release(REGION);
            for (JobPage page : pages) {
                assertThat(page.cell(REGION, "a/one", "completed")).isVisible();
                assertThat(page.cell(REGION, "b", "completed")).isVisible();
                page.is("completed");
            }
        }
    }

    @Test
    void a_job_is_cancelled_and_run_again_by_one_click_each_and_another_who_looks_on_sees_both() {
        String id = waitingJob();
        try (Person operator = Person.visiting(app);
                Person reader = Person.visiting(app)) {
            JobPage page = new JobPage(operator.opens("/jobs/" + id));
            JobPage other = new JobPage(reader.opens("/jobs/" + id));
            page.is("running");
            other.is("running");
            page.button("Cancel").click();
            page.is("cancelled");
            other.is("cancelled");
            provider.release(REGION);
            page.button("Retry").click();
            page.is("completed");
        }
    }

    @Test
    void a_page_goes_on_by_itself_when_the_service_was_away() {
        String id = waitingJob();
        try (Person reader = Person.visiting(app)) {
            Page tab = reader.opens("/jobs/" + id);
            JobPage page = new JobPage(tab);
            assertThat(page.cell(REGION, "b", "running")).isVisible();
            int port = URI.create(app.base()).getPort();
            app.close();
            app = started(port);
            provider.release(REGION);
            page.is("completed");
            assertThat(page.cell(REGION, "b", "completed")).isVisible();
            reader.expectsFailedRequests();
        }
    }

    @Test
    void eight_tabs_of_unfinished_jobs_are_open_and_the_ninth_loads() {
        String id = waitingJob();
        try (Person reader = Person.visiting(app)) {
            List<Page> hidden = new ArrayList<>();
            for (int tab = 0; tab < 8; tab++) {
                Page page = reader.opens("about:blank");
                Streams streams = Streams.of(page);
                page.navigate("/jobs/" + id);
                streams.areOpen(1);
                Tab.hide(page);
                streams.areOpen(0);
                hidden.add(page);
            }
            JobPage ninth = new JobPage(reader.opens("/jobs/" + id));
            assertThat(ninth.cell(REGION, "b", "running")).isVisible();

            Page first = hidden.getFirst();
            provider.release(REGION);
            ninth.is("completed");
            Tab.show(first);
            new JobPage(first).is("completed");
        }
    }
}
