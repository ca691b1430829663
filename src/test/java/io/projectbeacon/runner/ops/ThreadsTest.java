package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An operator sees what a cell does that hangs, without a tool in the image. */
class ThreadsTest {

    @Test
    void the_threads_of_cells_are_shown_with_what_they_do_and_leave_no_file_behind() throws IOException {
        try (FakeProvider provider = FakeProvider.start();
                RunnerApp app = RunnerApp.start(
                        TestServers.newDatabase(), TestServers.newRedisUrl(), RunnerApp.calling(provider, "us-east"))) {
            provider.hold("us-east");
            app.submit("{\"id\":\"j\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}");
            await().until(() -> provider.calls().size() == 1);
            RunnerApp.Reply answer = app.get("/actuator/threads");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).startsWith("text/plain");
            assertThat(answer.response().body())
                    .contains("\"cell-0\" virtual", "inference.Exchange.send", "\"picker\"");
            try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                assertThat(left.map(Path::getFileName).map(Path::toString))
                        .noneMatch(name -> name.startsWith("beacon-threads-"));
            }
            provider.release("us-east");
        }
    }
}
