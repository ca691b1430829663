package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** On which addresses of this machine the service is reached. */
@ExtendWith(OutputCaptureExtension.class)
class ListeningTest {

    private static final String LOGGED = "--logging.level.io.projectbeacon.runner.security=info";

    @Test
    void without_keys_it_is_reached_on_both_loopback_addresses_and_nowhere_else_and_says_so(CapturedOutput output)
            throws Exception {
        try (RunnerApp app = RunnerApp.fresh(LOGGED)) {
            int port = Wire.to(app).port();
            assertThat(new Wire("127.0.0.1", port).get("/api/v1/jobs").status()).isEqualTo(200);
            assertThat(new Wire("::1", port)
                            .get("/api/v1/jobs", "Host: [::1]:" + port)
                            .status())
                    .isEqualTo(200);
            for (int pair = 0; pair < 50; pair++) {
                assertThat(new Wire("::1", port).isListenedOn()).isTrue();
                assertThat(new Wire("127.0.0.1", port).isListenedOn()).isTrue();
            }
            assertThat(new Wire(elsewhere(), port).isListenedOn()).isFalse();
            assertThat(output).contains("Listening on 127.0.0.1 and ::1 only, since no keys are configured");
        }
    }

    @Test
    void after_a_stop_neither_address_is_listened_on() throws Exception {
        RunnerApp app = RunnerApp.fresh();
        int port = Wire.to(app).port();
        app.close();
        assertThat(new Wire("127.0.0.1", port).isListenedOn()).isFalse();
        assertThat(new Wire("::1", port).isListenedOn()).isFalse();
    }

    @Test
    void with_keys_it_is_reached_on_every_address(CapturedOutput output) throws Exception {
        Keys.Key viewer = Keys.draw("acme", "viewer");
        List<String> properties = new ArrayList<>(Keys.properties(viewer));
        properties.add(LOGGED);
        try (RunnerApp app = RunnerApp.fresh(properties.toArray(String[]::new))) {
            Wire outside = new Wire(elsewhere(), Wire.to(app).port());
            assertThat(outside.get("/api/v1/jobs", "Host: runner.example", viewer.header())
                            .status())
                    .isEqualTo(200);
            assertThat(outside.get("/api/v1/jobs").status()).isEqualTo(401);
            assertThat(output).contains("Listening on every address; a request needs one of 1 keys of 1 callers");
        }
    }

    @Test
    void open_without_keys_it_is_reached_on_every_address_by_the_names_that_it_knows_and_warns(CapturedOutput output)
            throws Exception {
        try (RunnerApp app = RunnerApp.fresh(
                LOGGED,
                "--beacon.security.open=true",
                "--beacon.security.hosts=beacon-1",
                "--server.address=0.0.0.0")) {
            Wire outside = new Wire(elsewhere(), Wire.to(app).port());
            assertThat(outside.get("/metrics", "Host: beacon-1:8080").status()).isEqualTo(200);
            assertThat(outside.get("/metrics", "Host: rebound.example").status())
                    .isEqualTo(421);
            assertThat(output).contains("without keys, since beacon.security.open is true");
        }
    }

    /** An address of this machine that is not its loopback. */
    static String elsewhere() throws Exception {
        List<String> found = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(address -> address.getHostAddress())
                .toList();
        Assumptions.assumeFalse(found.isEmpty(), "this machine has no address but its loopback");
        return found.getFirst();
    }
}
