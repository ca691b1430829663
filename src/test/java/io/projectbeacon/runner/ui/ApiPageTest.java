package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.ApiDocument;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.HashSet;
import java.util.Set;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The page of the API has what its description has. */
class ApiPageTest {

    @Test
    void each_call_each_field_and_each_link_of_the_description_is_on_the_page() {
        try (RunnerApp app = RunnerApp.fresh()) {
            RunnerApp.Reply reply = app.get("/openapi");
            assertThat(reply.status()).isEqualTo(200);
            Document page = Jsoup.parse(reply.response().body());

            ApiDocument.paths()
                    .properties()
                    .forEach(path -> path.getValue().properties().stream()
                            .filter(operation -> operation.getValue().has("operationId"))
                            .forEach(operation -> {
                                String id =
                                        operation.getValue().get("operationId").asString();
                                assertThat(page.select("#" + id + " > h3 code").text())
                                        .isEqualToIgnoringCase(operation.getKey() + " " + path.getKey());
                                operation
                                        .getValue()
                                        .path("responses")
                                        .properties()
                                        .forEach(answer -> assertThat(page.select("#" + id + " dt code")
                                                        .eachText())
                                                .as(id)
                                                .contains(answer.getKey()));
                            }));
            JsonNode schemas = app.get("/openapi.json").json().at("/components/schemas");
            schemas.properties()
                    .forEach(schema -> schema.getValue()
                            .path("properties")
                            .properties()
                            .forEach(field -> assertThat(page.select("#schema-" + schema.getKey() + " li code")
                                            .eachText())
                                    .as(schema.getKey())
                                    .contains(field.getKey())));
            Set<String> ids = new HashSet<>(page.select("[id]").eachAttr("id"));
            assertThat(page.select("main a[href^=#]").eachAttr("href"))
                    .isNotEmpty()
                    .allMatch(link -> ids.contains(link.substring(1)));
            assertThat(page.select("script:not([src]), style, [style], li > li"))
                    .isEmpty();
            assertThat(page.select("footer a[href=/openapi]")).hasSize(1);
        }
    }
}
