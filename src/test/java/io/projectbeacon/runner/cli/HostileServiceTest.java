package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.cli.Shell.Ended;
import io.projectbeacon.runner.support.ScriptedServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What stands where the service should: nothing, errors, another program, or texts that are meant for the terminal. */
class HostileServiceTest {

    @Test
    void where_nothing_listens_or_only_errors_come_back_it_ends_with_3() throws Exception {
        ScriptedServer server = new ScriptedServer((request, connection) ->
                ScriptedServer.write(connection, "HTTP/1.1 503 Away\r\nRetry-After: 0\r\nContent-Length: 2\r\n\r\n{}"));
        String url = "http://127.0.0.1:" + server.port();
        assertThat(Shell.at(url, "").run("jobs").code()).isEqualTo(ExitCode.NOT_REACHABLE);
        assertThat(server.requests()).isEqualTo(3);
        assertThat(Shell.at(url, "").run("retry", "j").code()).isEqualTo(ExitCode.NOT_REACHABLE);
        assertThat(server.requests()).as("a retry is sent once").isEqualTo(4);
        server.close();
        Ended closed = Shell.at(url, "").run("jobs");
        assertThat(closed.code()).isEqualTo(ExitCode.NOT_REACHABLE);
        assertThat(closed.err()).contains(url, "BEACON_URL");
    }

    @Test
    void no_control_character_of_the_service_reaches_the_terminal() throws Exception {
        String hostile = "\\u001b]0;title\\u0007\\u009b2J\\u202e\\n";
        String body = JsonMapper.shared().readTree("""
                        {"id": "%1$s", "status": "%1$s", "detail": "%1$s", "warnings": ["%1$s"], "models": ["%1$s"],
                         "jobs": [{"id": "%1$s"}], "next_cursor": null, "errors": [{"pointer": "%1$s", "detail": "%1$s"}],
                         "executions": [{"region": "%1$s", "error": {"code": "%1$s", "message": "%1$s"}}]}
                        """.formatted(hostile)).toString();
        for (int status : List.of(200, 422)) {
            try (ScriptedServer server = new ScriptedServer((request, connection) -> ScriptedServer.write(
                    connection,
                    ("HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s"
                                    .formatted(status, body.getBytes(UTF_8).length, body))
                            .getBytes(UTF_8)))) {
                Shell there = Shell.at("http://127.0.0.1:" + server.port(), "");
                for (List<String> command :
                        List.of(List.of("job", "j"), List.of("jobs"), List.of("duplicates"), List.of("cancel", "j"))) {
                    Ended ended = there.run(command.toArray(String[]::new));
                    assertThat(ended.out() + ended.err())
                            .as(command + " " + status)
                            .doesNotContainPattern("[\\p{Cc}\\p{Cf}&&[^\\n]]");
                }
                assertThat(there.run("job", "j").out() + there.run("job", "j").err())
                        .contains("]0;title");
            }
        }
    }

    @Test
    void another_program_that_answers_there_is_no_service() throws Exception {
        try (ScriptedServer other = new ScriptedServer((request, connection) ->
                ScriptedServer.write(connection, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"))) {
            Ended ended = Shell.at("http://127.0.0.1:" + other.port(), "").run("jobs");
            assertThat(ended.code()).isEqualTo(ExitCode.NOT_REACHABLE);
            assertThat(ended.err()).contains("is not Beacon Runner");
        }
    }

    @Test
    void a_key_that_no_header_can_carry_is_refused_and_not_printed() {
        Ended ended = Shell.at("http://127.0.0.1:1", "secret\nvalue").run("jobs");
        assertThat(ended.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(ended.err()).contains("BEACON_KEY").doesNotContain("secret");
        assertThat(Shell.at("no url", "").run("jobs").code()).isEqualTo(ExitCode.REFUSED);
    }
}
