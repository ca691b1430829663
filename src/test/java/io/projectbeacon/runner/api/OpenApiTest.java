package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.ApiDocument;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** The description of the API names each route, and no other. The forms of the answers are held by every test that asks. */
class OpenApiTest {

    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void it_has_every_route_and_no_other() {
        Set<String> routes = new TreeSet<>();
        app.bean(RequestMappingHandlerMapping.class).getHandlerMethods().keySet().forEach(route -> {
            for (String path : route.getPatternValues()) {
                for (RequestMethod method : route.getMethodsCondition().getMethods()) {
                    routes.add(method.name().toLowerCase(Locale.ROOT) + " " + path);
                }
            }
        });
        Set<String> described = new TreeSet<>();
        ApiDocument.paths()
                .properties()
                .forEach(path -> path.getValue().propertyNames().stream()
                        .filter(METHODS::contains)
                        .forEach(method -> described.add(method + " " + path.getKey())));
        assertThat(described).isEqualTo(routes);
    }

    @Test
    void it_is_served_as_json() {
        RunnerApp.Reply answer = app.get("/openapi.json");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.json().path("openapi").asString()).isEqualTo("3.1.0");
        assertThat(answer.json().path("paths")).isEqualTo(ApiDocument.paths());
    }
}
