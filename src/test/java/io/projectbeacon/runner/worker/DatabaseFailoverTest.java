package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.CallAccounts;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.PostgresPair;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The primary is lost while calls are under way, and its synchronous standby is promoted.
 *
 * <p>One failover of each kind: {@code ./mvnw verify}. Twenty: {@code ./mvnw -Pfailover test}.
 */
class DatabaseFailoverTest {

    private static final int ROUNDS = Integer.getInteger("failover.rounds", 2);
    private static final Duration WRITES_AGAIN = Duration.ofSeconds(10);

    private PostgresPair servers;
    private FakeProvider provider;
    private Link address;
    private String url;
    private @Nullable RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        servers = PostgresPair.start();
        provider = FakeProvider.start();
        provider.latency("us-east", Duration.ofMillis(200));
        address = Link.to(servers.primaryPort());
        url = servers.newDatabase("beacon");
    }

    @AfterEach
    void stop() throws Exception {
        address.mend();
        provider.close();
        if (app != null) {
            app.close();
        }
        address.close();
        servers.close();
    }

    private RunnerApp run(String databaseUrl) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.lock.ttl=2s");
        app = RunnerApp.start(databaseUrl, TestServers.newRedisUrl(), properties);
        return app;
    }

    /** A client that submits one job after the other, and notes which were acknowledged and when. */
    private final class Client implements AutoCloseable {

        private final RunnerApp runner;
        private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        private final AtomicLong latest = new AtomicLong();
        private final Thread thread;
        private volatile boolean stopped;

        Client(RunnerApp runner, String name) {
            this.runner = runner;
            this.thread = Thread.ofVirtual().start(() -> submit(name));
        }

        private void submit(String name) {
            for (int n = 0; !stopped; n++) {
                String id = name + "-" + n;
                String spec = "{\"id\": \"%s\", \"models\": [\"a\", \"b\"], \"regions\": [\"us-east\"]}".formatted(id);
                while (!stopped && !acknowledged.contains(id)) {
                    int status = runner.submit(spec).status();
                    if (status == 202 || status == 200) {
                        latest.set(System.nanoTime());
                        acknowledged.add(id);
                    }
                }
            }
        }

        boolean isAcknowledgedAfter(long instant) {
            return latest.get() > instant;
        }

        @Override
        public void close() throws InterruptedException {
            stopped = true;
            thread.join();
        }
    }

    private void lose(int round) throws Exception {
        if (round % 2 == 0) {
            servers.killPrimary();
        } else {
            servers.freezePrimary();
        }
    }

    @Test
    void writing_goes_on_within_ten_seconds_and_nothing_acknowledged_is_lost() throws Exception {
        RunnerApp runner = run(address.over(url));
        StringBuilder figures = new StringBuilder("Failovers, in ms without an acknowledged job:");
        Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        for (int round = 0; round < ROUNDS; round++) {
            try (Client client = new Client(runner, "round-" + round)) {
                await().atMost(Duration.ofSeconds(30)).until(() -> client.acknowledged.size() > 20);
                long lost = System.nanoTime();
                lose(round);
                servers.promote();
                long promoted = System.nanoTime();
                address.leadTo(servers.primaryPort());
                await().atMost(Duration.ofSeconds(60)).until(() -> client.isAcknowledgedAfter(promoted));
                Duration still = Duration.ofNanos(client.latest.get() - lost);
                figures.append(round % 2 == 0 ? " killed " : " frozen ").append(still.toMillis());
                assertThat(still).isLessThan(WRITES_AGAIN);
                acknowledged.addAll(client.acknowledged);
            }
            servers.rejoin();
        }
        for (String id : acknowledged) {
            assertThat(runner.ended(id).path("status").asString()).as(id).isEqualTo("completed");
        }
        CallAccounts accounts = CallAccounts.of(provider.calls(), runner, acknowledged);
        System.out.printf("%s. Jobs acknowledged: %d, lost: 0. %s%n", figures, acknowledged.size(), accounts.inWords());
        assertThat(accounts.withoutAttempt()).isEmpty();
        assertThat(accounts.unaccounted()).isEmpty();
    }

    @Test
    void a_server_that_came_back_as_a_standby_is_left_when_the_address_leads_to_the_new_primary() throws Exception {
        RunnerApp runner = run(address.over(url));
        assertThat(runner.metric("beacon_database_up")).isEqualTo(1);
        servers.killPrimary();
        servers.promote();
        servers.rejoin();
        // The old address: a standby, which answers and refuses writes.
        await().atMost(Duration.ofSeconds(20))
                .until(() -> runner.get("/actuator/health")
                        .json()
                        .at("/components/db/details/server")
                        .asString("")
                        .startsWith("answers and refuses writes"));
        assertThat(runner.get("/actuator/health/readiness").status()).isEqualTo(503);
        await().until(() -> runner.metric("beacon_database_up") == 0);
        assertThat(submit(runner, "refused").status()).isEqualTo(503);

        address.leadTo(servers.primaryPort());
        await().atMost(WRITES_AGAIN).until(() -> submit(runner, "taken").status() == 202);
        assertThat(runner.ended("taken").path("status").asString()).isEqualTo("completed");
        await().until(() -> runner.get("/actuator/health/readiness").status() == 200);
        await().until(() -> runner.metric("beacon_database_up") == 1);
    }

    @Test
    void a_url_with_both_hosts_finds_the_primary_by_itself() throws Exception {
        String both = url.replace(
                        "127.0.0.1:" + servers.primaryPort(),
                        "127.0.0.1:%d,127.0.0.1:%d".formatted(servers.primaryPort(), servers.standbyPort()))
                + "&targetServerType=primary";
        RunnerApp runner = run(both);
        servers.killPrimary();
        goesOn(runner, "the second host took over from the first, which was killed");
        servers.freezePrimary();
        goesOn(runner, "the first host took over from the second, which fell silent");
        servers.freezePrimary();
        goesOn(runner, "the second host took over from the first, which fell silent");
    }

    private void goesOn(RunnerApp runner, String after) throws Exception {
        servers.promote();
        String id = after.replaceAll("[^a-z]+", "-");
        await(after).atMost(WRITES_AGAIN).until(() -> submit(runner, id).status() < 300);
        assertThat(runner.ended(id).path("status").asString()).isEqualTo("completed");
        servers.rejoin();
    }

    private static Reply submit(RunnerApp runner, String id) {
        return runner.submit("{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}".formatted(id));
    }
}
