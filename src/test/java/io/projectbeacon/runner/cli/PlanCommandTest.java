package io.projectbeacon.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.cli.Shell.Ended;
import io.projectbeacon.runner.support.ScriptedServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What {@code plan} makes of an answer. */
class PlanCommandTest {

    private static final String PLAN = """
            {"id": null, "models": ["a", "b"], "regions": ["us-east"], "cells": 2, "named": 6, "duplicates": 4,
             "dropped_models": ["a"], "dropped_regions": ["us-east"], "calls": 2, "simulated": true,
             "least_seconds": 0.200, "warnings": ["no prompt"]}""";

    private final List<String> asked = new CopyOnWriteArrayList<>();

    private Ended plan(int status, String body, String... options) throws IOException {
        try (ScriptedServer server = new ScriptedServer((request, connection) -> {
            asked.add(request.head().lines().findFirst().orElse(""));
            ScriptedServer.write(
                    connection,
                    "HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s".formatted(status, body.length(), body));
        })) {
            List<String> command = new ArrayList<>(List.of("plan", "-"));
            command.addAll(List.of(options));
            return Shell.at("http://127.0.0.1:" + server.port(), "").withInput("{}", command.toArray(String[]::new));
        }
    }

    @Test
    void cells_dropped_duplicates_calls_time_and_warnings_are_said() throws IOException {
        Ended ended = plan(200, PLAN);
        assertThat(ended.code()).isZero();
        assertThat(ended.lines())
                .containsExactly(
                        "cells       2",
                        "duplicates  4 dropped: a, us-east",
                        "calls       2, simulated",
                        "least time  0.2 s",
                        "warning: no prompt");
        assertThat(asked).containsExactly("POST /api/v1/jobs:plan HTTP/1.1");
        assertThat(plan(200, PLAN, "--json").out()).isEqualTo(PLAN);
    }

    @Test
    void a_service_that_makes_no_plans_is_said_to_make_none() throws IOException {
        Ended ended = plan(404, "{\"detail\": \"There is nothing at this path.\"}");
        assertThat(ended.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(ended.err()).isEqualToIgnoringNewLines("beacon: this version of the service makes no plans.");
    }
}
