package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.domain.CallerLimits;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.Race;
import io.projectbeacon.runner.support.TestServers;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** A region's limit over all replicas, on a real Redis; each replica here is one runner's part in the limit. */
class SharedLimitTest {

    private static final String REGION = "us-east";
    private static final String KEY = "beacon:limit:region:us-east";
    private static final String WAITING = "{" + KEY + "}:waiting";
    private static final Duration LASTING = Duration.ofSeconds(30);
    private static final Duration BRIEF = Duration.ofMillis(600);

    private final URI url = URI.create(TestServers.newRedisUrl());
    private final List<LettuceConnectionFactory> connections = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final StringRedisTemplate redis = connect(url.getPort());

    private record Replica(RegionLimits limits, SlotKeeper keeper) {}

    @AfterEach
    void stop() {
        threads.forEach(Thread::interrupt);
        await().until(() -> threads.stream().noneMatch(Thread::isAlive));
        connections.forEach(LettuceConnectionFactory::destroy);
    }

    private StringRedisTemplate connect(int port) {
        RedisStandaloneConfiguration server = new RedisStandaloneConfiguration(url.getHost(), port);
        server.setPassword(RedisPassword.of(url.getUserInfo().replaceFirst("^[^:]*:", "")));
        server.setDatabase(Integer.parseInt(url.getPath().substring(1)));
        LettuceConnectionFactory factory = new LettuceConnectionFactory(
                server,
                LettuceClientConfiguration.builder()
                        .commandTimeout(Duration.ofMillis(300))
                        .build());
        factory.afterPropertiesSet();
        factory.start();
        connections.add(factory);
        return new StringRedisTemplate(factory);
    }

    private Replica replica(int total, Duration ttl) {
        return replica(total, 1000, ttl, connect(url.getPort()));
    }

    private static Replica replica(int total, int own, Duration ttl, StringRedisTemplate redis) {
        Regions regions = Regions.of(
                Provider.SIMULATED,
                new RegionsProperties(Map.of(REGION, new RegionsProperties.Region(Set.of(), null, null, own, total))));
        SharedSlots slots = new SharedSlots(redis, ttl);
        MeterRegistry registry = new SimpleMeterRegistry();
        RegionLimits limits = new RegionLimits(
                regions, Metrics.in(registry), Metrics.gauges(registry), slots, new CallerShares(CallerLimits.NONE));
        return new Replica(limits, new SlotKeeper(limits, slots));
    }

    private RegionSlot taken(Replica replica) throws InterruptedException {
        RegionSlot slot = replica.limits().slot(REGION, "default");
        slot.acquire();
        return slot;
    }

    private Thread waiting(RegionSlot slot) {
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                slot.acquire();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        threads.add(thread);
        return thread;
    }

    private Thread waiting(Replica replica) {
        return waiting(replica.limits().slot(REGION, "default"));
    }

    private static void staysWaiting(Thread thread) {
        await().during(Duration.ofMillis(300)).until(thread::isAlive);
    }

    private static void goesOn(Thread thread) {
        await().atMost(Duration.ofSeconds(5)).until(() -> !thread.isAlive());
    }

    @Test
    void two_replicas_together_never_have_more_calls_under_way_than_the_total() throws Exception {
        List<Replica> replicas = List.of(replica(3, LASTING), replica(3, LASTING));
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicBoolean everySlotUsed = new AtomicBoolean();
        try (Race race = new Race(16)) {
            List<Callable<Integer>> cells = new ArrayList<>();
            for (int n = 0; n < 16; n++) {
                RegionSlot slot = replicas.get(n % 2).limits().slot(REGION, "default");
                cells.add(() -> {
                    for (int call = 0; call < 40; call++) {
                        slot.acquire();
                        int now = underWay.incrementAndGet();
                        most.accumulateAndGet(now, Math::max);
                        if (now == 3) {
                            everySlotUsed.set(true);
                        }
                        Thread.yield();
                        underWay.decrementAndGet();
                        slot.release();
                    }
                    return 40;
                });
            }
            assertThat(race.run(cells)).hasSize(16).containsOnly(40);
        }
        assertThat(most.get()).isLessThanOrEqualTo(3);
        assertThat(everySlotUsed).isTrue();
        assertThat(redis.opsForZSet().zCard(KEY)).isZero();
    }

    @Test
    void a_free_place_goes_to_the_replica_that_has_waited_longest_though_another_sees_it_first() throws Exception {
        Replica busy = replica(1, LASTING);
        Replica other = replica(1, LASTING);
        for (int round = 0; round < 5; round++) {
            RegionSlot only = taken(busy);
            RegionSlot others = other.limits().slot(REGION, "default");
            Thread waitsLongest = waiting(others);
            await().until(() -> redis.opsForZSet().zCard(WAITING) == 1);
            RegionSlot next = busy.limits().slot(REGION, "default");
            Thread seesItFirst = waiting(next);
            await().until(() -> redis.opsForZSet().zCard(WAITING) == 2);

            only.release(); // Wakes the cell on the same replica at once; the other replica asks again within 80 ms.
            goesOn(waitsLongest);
            assertThat(seesItFirst.isAlive()).isTrue();
            others.release();
            goesOn(seesItFirst);
            next.release();
        }
    }

    @Test
    void a_replica_that_waits_first_and_dies_holds_nobody_up_for_long() throws Exception {
        RegionSlot only = taken(replica(1, LASTING));
        Thread died = waiting(replica(1, LASTING));
        await().until(() -> redis.opsForZSet().zCard(WAITING) == 1);
        died.interrupt();
        goesOn(died);
        Thread alive = waiting(replica(1, LASTING));
        await().until(() -> redis.opsForZSet().zCard(WAITING) == 2);
        only.release();
        goesOn(alive);
    }

    @Test
    void the_places_of_a_dead_replica_come_back_by_expiry_and_those_of_a_living_one_do_not() throws Exception {
        taken(replica(2, BRIEF));
        Replica living = replica(2, BRIEF);
        taken(living);
        living.keeper().start();
        Replica third = replica(2, BRIEF);
        Thread first = waiting(third);
        goesOn(first);
        third.keeper().start();
        Thread second = waiting(third);
        await().during(BRIEF.multipliedBy(2)).until(second::isAlive);
        living.keeper().stop();
        goesOn(second);
        third.keeper().stop();
    }

    @Test
    void after_redis_was_emptied_leases_are_set_again_by_the_next_renewal() throws Exception {
        Replica one = replica(2, LASTING);
        Replica two = replica(2, LASTING);
        RegionSlot slot = taken(one);
        taken(two);
        redis.delete(KEY);
        one.keeper().renew();
        two.keeper().renew();
        assertThat(redis.opsForZSet().zCard(KEY)).isEqualTo(2);
        Thread third = waiting(two);
        staysWaiting(third);
        slot.release();
        goesOn(third);
    }

    @Test
    void a_replica_counts_its_own_calls_even_before_redis_knows_them_again() throws Exception {
        Replica only = replica(2, LASTING);
        taken(only);
        taken(only);
        redis.delete(KEY);
        staysWaiting(waiting(only));
    }

    @Test
    void while_redis_is_away_no_place_is_given_and_calls_go_on_by_themselves_afterwards() throws Exception {
        try (Link link = Link.to(url.getPort())) {
            Replica replica = replica(3, 1000, LASTING, connect(link.port()));
            RegionSlot before = taken(replica);
            link.cut();
            Thread cut = waiting(replica);
            staysWaiting(cut);
            before.release(); // Redis is not told, and nothing is thrown.
            link.mend();
            goesOn(cut);

            link.freeze();
            Thread frozen = waiting(replica);
            await().during(Duration.ofSeconds(1)).until(frozen::isAlive);
            link.mend();
            goesOn(frozen);
        }
    }

    @Test
    void a_place_whose_grant_was_lost_on_the_way_is_found_again_by_who_asked_for_it() throws Exception {
        try (Link link = Link.to(url.getPort())) {
            Replica replica = replica(1, 1000, LASTING, connect(link.port()));
            taken(replica).release(); // Connects.
            link.freeze();
            Thread asking = waiting(replica);
            await().during(Duration.ofMillis(700)).until(asking::isAlive);
            // The first request arrives now and takes the only slot, though its answer is not awaited any more.
            link.mend();
            goesOn(asking);
            assertThat(redis.opsForZSet().zCard(KEY)).isEqualTo(1);
        }
    }

    @Test
    void what_redis_could_not_be_told_is_given_back_with_the_next_renewal() throws Exception {
        try (Link link = Link.to(url.getPort())) {
            Replica replica = replica(1, 1000, LASTING, connect(link.port()));
            RegionSlot only = taken(replica);
            link.cut();
            only.release();
            link.mend();
            Thread next = waiting(replica);
            staysWaiting(next);
            await().until(() -> {
                replica.keeper().renew();
                return !next.isAlive();
            });
        }
    }

    @Test
    void an_interrupted_cell_gives_its_place_back() throws Exception {
        Replica replica = replica(1, LASTING);
        AtomicBoolean stillInterrupted = new AtomicBoolean();
        Thread cell = Thread.ofVirtual().start(() -> {
            try {
                RegionSlot slot = taken(replica);
                Thread.currentThread().interrupt();
                slot.release();
                stillInterrupted.set(Thread.currentThread().isInterrupted());
            } catch (InterruptedException e) {
                stillInterrupted.set(false);
            }
        });
        goesOn(cell);
        assertThat(stillInterrupted).isTrue();
        goesOn(waiting(replica));
    }

    @Test
    void a_wait_that_is_interrupted_gives_the_replicas_own_place_back() throws Exception {
        RegionSlot only = taken(replica(1, LASTING));
        Replica replica = replica(1, 1, LASTING, redis);
        Thread interrupted = waiting(replica);
        staysWaiting(interrupted);
        interrupted.interrupt();
        goesOn(interrupted);
        Thread next = waiting(replica);
        staysWaiting(next);
        only.release();
        goesOn(next);
    }

    @Test
    void a_permit_is_given_back_once_however_often_it_is_released() throws Exception {
        Replica replica = replica(5, 1, LASTING, redis);
        RegionSlot slot = taken(replica);
        slot.acquire();
        slot.release();
        slot.release();
        taken(replica);
        staysWaiting(waiting(replica));
        slot.release();
        staysWaiting(threads.getFirst());
    }

    @Test
    void a_region_without_a_total_asks_nobody() throws Exception {
        Replica replica = replica(1, LASTING);
        replica.limits().slot("eu-west", "default").acquire();
        assertThat(redis.keys("beacon:limit:*")).isEmpty();
    }

    @Test
    void a_region_whose_key_is_of_another_type_gives_no_slot_and_takes_none_from_other_regions() throws Exception {
        Regions regions = Regions.of(
                Provider.SIMULATED,
                new RegionsProperties(Map.of(
                        REGION,
                        new RegionsProperties.Region(Set.of(), null, null, 10, 2),
                        "eu-west",
                        new RegionsProperties.Region(Set.of(), null, null, 10, 2))));
        MeterRegistry registry = new SimpleMeterRegistry();
        SharedSlots slots = new SharedSlots(redis, LASTING);
        RegionLimits limits = new RegionLimits(
                regions, Metrics.in(registry), Metrics.gauges(registry), slots, new CallerShares(CallerLimits.NONE));
        SlotKeeper keeper = new SlotKeeper(limits, slots);
        RegionSlot underWay = limits.slot(REGION, "default");
        underWay.acquire();
        RegionSlot others = limits.slot("eu-west", "default");
        others.acquire();
        String othersKey = "beacon:limit:region:eu-west";
        // A slot that could not be given back in time, and that Redis still counts.
        redis.rename(othersKey, "aside");
        redis.opsForList().rightPush(othersKey, "no slot");
        others.release();
        redis.delete(othersKey);
        redis.rename("aside", othersKey);
        redis.delete(KEY);
        redis.opsForList().rightPush(KEY, "no slot");

        keeper.renew();
        assertThat(redis.opsForZSet().zCard(othersKey)).isZero();

        Thread next = waiting(limits.slot(REGION, "default"));
        staysWaiting(next);
        goesOn(waiting(limits.slot("eu-west", "default")));
        underWay.release(); // Nothing is thrown.
        redis.delete(KEY);
        goesOn(next);
    }
}
