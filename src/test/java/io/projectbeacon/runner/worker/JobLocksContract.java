package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.support.Race;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The promises of a job's lock, on the Redis that the subclass brings. */
abstract class JobLocksContract {

    private static final Duration TTL = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(400);

    private final List<LettuceConnectionFactory> connections = new ArrayList<>();
    private MeterRegistry registry;
    private StringRedisTemplate redis;
    private JobLocks locks;

    /** Connects to an empty Redis that no other test uses meanwhile. */
    abstract LettuceConnectionFactory redis();

    @BeforeEach
    void connect() {
        registry = new SimpleMeterRegistry();
        redis = connection();
        locks = locks(redis, TTL);
    }

    @AfterEach
    void disconnect() {
        connections.forEach(LettuceConnectionFactory::destroy);
    }

    private StringRedisTemplate connection() {
        LettuceConnectionFactory factory = redis();
        factory.afterPropertiesSet();
        factory.start();
        connections.add(factory);
        return new StringRedisTemplate(factory);
    }

    /** One server, by a URL with the number of a logical database. */
    static LettuceConnectionFactory standalone(String redisUrl) {
        URI url = URI.create(redisUrl);
        RedisStandaloneConfiguration server = new RedisStandaloneConfiguration(url.getHost(), url.getPort());
        if (url.getUserInfo() != null) {
            server.setPassword(RedisPassword.of(url.getUserInfo().replaceFirst("^[^:]*:", "")));
        }
        if (url.getPath().length() > 1) {
            server.setDatabase(Integer.parseInt(url.getPath().substring(1)));
        }
        return new LettuceConnectionFactory(server);
    }

    private JobLocks locks(StringRedisTemplate template, Duration ttl) {
        LockProperties properties = new LockProperties(ttl);
        return new JobLocks(
                template,
                new BrokenLocks(properties, Metrics.gauges(new SimpleMeterRegistry())),
                new GroupCommits(),
                Metrics.in(registry),
                properties);
    }

    private static Optional<JobLock> tryAcquire(JobLocks locks, long job) {
        return locks.tryAcquire(List.of(job)).stream().findFirst();
    }

    @Test
    void a_second_worker_cannot_have_a_locked_job() {
        assertThat(tryAcquire(locks, 1)).isPresent();
        assertThat(tryAcquire(locks(connection(), TTL), 1)).isEmpty();
        assertThat(tryAcquire(locks, 2)).isPresent();
    }

    @Test
    void of_many_jobs_the_locks_that_are_free_are_taken_in_one_go() {
        JobLock others = tryAcquire(locks(connection(), TTL), 2).orElseThrow();
        assertThat(locks.tryAcquire(List.of(3L, 2L, 1L)))
                .extracting(JobLock::jobId)
                .containsExactly(3L, 1L);
        assertThat(redis.opsForValue().get("beacon:lock:job:2")).isEqualTo(others.token());
    }

    @Test
    void a_released_lock_can_be_taken_again() {
        JobLock lock = tryAcquire(locks, 1).orElseThrow();
        assertThat(locks.release(lock)).isTrue();
        assertThat(tryAcquire(locks, 1)).isPresent();
    }

    @Test
    void of_ten_workers_that_race_for_a_job_one_wins_a_thousand_times() throws Exception {
        try (Race race = new Race(10)) {
            List<JobLocks> workers = LongStream.range(0, 10)
                    .mapToObj(n -> locks(connection(), TTL))
                    .toList();
            for (long round = 0; round < 1000; round++) {
                long job = round;
                List<Callable<Optional<JobLock>>> acquisitions = new ArrayList<>();
                workers.forEach(worker -> acquisitions.add(() -> tryAcquire(worker, job)));
                assertThat(race.run(acquisitions))
                        .filteredOn(Optional::isPresent)
                        .hasSize(1);
            }
        }
    }

    @Test
    void expiry_frees_a_job_whose_holder_vanished() {
        assertThat(tryAcquire(locks(redis, SHORT), 1)).isPresent();
        await().atMost(Duration.ofSeconds(5)).until(() -> tryAcquire(locks, 1).isPresent());
    }

    @Test
    void a_holder_that_lost_its_lock_cannot_release_the_next_holders() {
        JobLock first = tryAcquire(locks(redis, SHORT), 1).orElseThrow();
        await().atMost(Duration.ofSeconds(5))
                .until(() -> locks.look(List.of(1L)).get(1L) == LockState.MISSING);
        JobLock second = tryAcquire(locks, 1).orElseThrow();
        assertThat(locks.release(first)).isFalse();
        assertThat(redis.opsForValue().get("beacon:lock:job:1")).isEqualTo(second.token());
    }

    @Test
    void renewal_keeps_all_held_locks_and_tells_which_are_gone_or_taken() {
        JobLocks brief = locks(redis, SHORT);
        List<JobLock> acquired =
                locks.tryAcquire(LongStream.rangeClosed(1, 500).boxed().toList());
        redis.delete("beacon:lock:job:7");
        redis.opsForValue().set("beacon:lock:job:9", "another's token", TTL);

        List<LockState> renewals = brief.renew(acquired);

        assertThat(renewals).hasSize(500);
        for (int i = 0; i < renewals.size(); i++) {
            long job = acquired.get(i).jobId();
            assertThat(renewals.get(i))
                    .isEqualTo(job == 7 ? LockState.MISSING : job == 9 ? LockState.HELD : LockState.OURS);
        }
        assertThat(redis.getExpire("beacon:lock:job:1", java.util.concurrent.TimeUnit.MILLISECONDS))
                .isBetween(0L, SHORT.toMillis());
        assertThat(redis.opsForValue().get("beacon:lock:job:9")).isEqualTo("another's token");
    }

    @Test
    void a_lost_lock_is_set_again_under_its_token_unless_another_was_quicker() {
        JobLock lock = tryAcquire(locks, 1).orElseThrow();
        redis.delete("beacon:lock:job:1");
        assertThat(locks.setAgain(List.of(lock))).containsExactly(LockState.OURS);
        assertThat(redis.opsForValue().get("beacon:lock:job:1")).isEqualTo(lock.token());
        assertThat(locks.release(lock)).isTrue();
        assertThat(tryAcquire(locks, 1)).isPresent();
        assertThat(locks.setAgain(List.of(lock))).containsExactly(LockState.HELD);
    }

    @Test
    void the_lease_ends_with_the_ttl_and_holds_again_after_a_renewal() throws Exception {
        JobLocks brief = locks(redis, SHORT);
        JobLock lock = tryAcquire(brief, 1).orElseThrow();
        assertThat(lock.awaitLease()).isTrue();
        await().atMost(Duration.ofSeconds(5))
                .until(() -> brief.look(List.of(1L)).get(1L) == LockState.MISSING);
        try (Race race = new Race(2)) {
            List<Callable<Boolean>> steps = List.of(lock::awaitLease, () -> {
                lock.renewed(System.nanoTime(), Duration.ofSeconds(30).toNanos());
                return true;
            });
            assertThat(race.run(steps)).containsExactly(true, true);
        }
        lock.lose();
        assertThat(lock.awaitLease()).isFalse();
    }

    @Test
    void one_look_tells_which_jobs_are_locked() {
        tryAcquire(locks, 1);
        tryAcquire(locks, 3);
        assertThat(locks.look(List.of(1L, 2L, 3L)))
                .isEqualTo(Map.of(1L, LockState.HELD, 2L, LockState.MISSING, 3L, LockState.HELD));
    }

    @Test
    void taking_holding_and_releasing_a_lock_are_timed() {
        locks.release(tryAcquire(locks, 1).orElseThrow());
        assertThat(registry.get("beacon.job.lock.wait").timer().count()).isEqualTo(1);
        assertThat(registry.get("beacon.job.lock.hold").timer().count()).isEqualTo(1);
        assertThat(registry.get("beacon.job.lock.release").timer().count()).isEqualTo(1);
    }

    @Test
    void a_key_of_another_type_concerns_its_own_job_only() {
        List<JobLock> held = locks.tryAcquire(List.of(1L, 2L, 3L));
        redis.delete("beacon:lock:job:2");
        redis.opsForList().rightPush("beacon:lock:job:2", "no token");
        redis.opsForList().rightPush("beacon:lock:job:5", "no token");

        assertThat(locks.renew(held)).containsExactly(LockState.OURS, LockState.BROKEN, LockState.OURS);
        assertThat(locks.setAgain(held)).containsExactly(LockState.OURS, LockState.BROKEN, LockState.OURS);
        assertThat(locks.look(List.of(1L, 2L, 4L)))
                .isEqualTo(Map.of(1L, LockState.HELD, 2L, LockState.BROKEN, 4L, LockState.MISSING));
        assertThat(locks.tryAcquire(List.of(4L, 5L, 6L)))
                .extracting(JobLock::jobId)
                .containsExactly(4L, 6L);
        assertThat(locks.setAside()).containsExactly(5L);
        assertThat(held.stream().map(locks::release)).containsExactly(true, false, true);
    }

    @Test
    void a_lock_without_a_ttl_is_nobodys_and_a_renewal_gives_the_holders_one_again() {
        JobLock lock = tryAcquire(locks, 1).orElseThrow();
        redis.persist("beacon:lock:job:1");
        assertThat(locks.look(List.of(1L))).containsEntry(1L, LockState.ENDLESS);
        assertThat(tryAcquire(locks(connection(), TTL), 1)).isEmpty();
        assertThat(locks.renew(List.of(lock))).containsExactly(LockState.OURS);
        assertThat(locks.look(List.of(1L))).containsEntry(1L, LockState.HELD);

        redis.opsForValue().set("beacon:lock:job:1", "set by hand");
        assertThat(locks.renew(List.of(lock))).containsExactly(LockState.ENDLESS);
        assertThat(locks.release(lock)).isFalse();
    }
}
