package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The bar and the matrix on a terminal. */
class LiveViewTest {

    private static final JsonNode JOB = JsonMapper.shared().readTree("""
            {"id": "j", "status": "running", "models": ["a", "b\\u001b[2J"], "regions": ["us-east", "eu-west"],
             "cells": {"total": 4, "pending": 1, "running": 1, "completed": 1, "failed": 1}}
            """);
    private static final List<JsonNode> CELLS =
            JsonMapper.shared().readTree("""
            [{"region": "us-east", "model_id": "a", "status": "completed"},
             {"region": "eu-west", "model_id": "a", "status": "failed"},
             {"region": "us-east", "model_id": "b\\u001b[2J", "status": "running"}]
            """).valueStream().toList();

    private static String shown(Screen.Terminal terminal, int times) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream printed = new PrintStream(out, true, UTF_8);
        LiveView view = new LiveView(new Screen(printed, printed, terminal), terminal);
        for (int time = 0; time < times; time++) {
            view.show(JOB, CELLS);
        }
        return out.toString(UTF_8);
    }

    @Test
    void a_bar_and_the_matrix_are_drawn_and_drawn_again_in_their_place() {
        assertThat(shown(new Screen.Terminal(24, 100, false), 2)).isEqualTo("""
                \r\033[J████████████░░░░░░░░░░░░ 2/4  job j running: 1 completed, 1 running, 1 failed, 1 pending
                       us-east  eu-west
                a      ✓        ✗
                b�[2J  ●        ·
                """ + """
                \033[4A\r\033[J████████████░░░░░░░░░░░░ 2/4  job j running: 1 completed, 1 running, 1 failed, 1 pending
                       us-east  eu-west
                a      ✓        ✗
                b�[2J  ●        ·
                """);
    }

    @Test
    void colours_are_left_out_where_they_are_not_wanted() {
        assertThat(shown(new Screen.Terminal(24, 100, true), 1)).contains("\033[32m✓\033[0m");
        assertThat(shown(new Screen.Terminal(24, 100, false), 1)).doesNotContain("\033[32m");
        assertThat(BeaconCommand.terminal("24 100", Map.of("TERM", "xterm", "NO_COLOR", "1")))
                .isEqualTo(new Screen.Terminal(24, 100, false));
        assertThat(BeaconCommand.terminal("0 0", Map.of("TERM", "xterm"))).isEqualTo(new Screen.Terminal(24, 80, true));
        assertThat(BeaconCommand.terminal("24 100", Map.of("TERM", "dumb"))).isNull();
        assertThat(BeaconCommand.terminal("", Map.of("TERM", "xterm"))).isNull();
    }

    @Test
    void what_does_not_fit_is_left_out_since_a_line_that_wraps_cannot_be_drawn_over() {
        String small = shown(new Screen.Terminal(5, 20, false), 1);
        assertThat(small).contains("… and 1 more models");
        assertThat(small.replaceAll("\r\033\\[J", "").lines()).allMatch(line -> line.length() < 20);
    }
}
