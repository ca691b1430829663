package io.projectbeacon.runner.support;

import io.projectbeacon.runner.support.DyingRunner.Step;
import java.util.function.Supplier;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The wrapper around the Redis of a {@link DyingRunner}: it sees locks set and released. */
final class DyingRedis extends StringRedisTemplate {

    private final DyingRunner death;

    DyingRedis(StringRedisTemplate redis, DyingRunner death) {
        super(redis.getRequiredConnectionFactory());
        this.death = death;
    }

    @Override
    public <T> T execute(RedisCallback<T> calls) {
        String script = calls.toString();
        if (script.contains("beacon:lock:watch:")) {
            return super.execute(calls); // No lock of a job.
        }
        if (script.contains("'SET'")) {
            return at(Step.LOCK, () -> super.execute(calls));
        }
        return script.contains("'DEL'") ? at(Step.RELEASE, () -> super.execute(calls)) : super.execute(calls);
    }

    private <T> T at(Step step, Supplier<T> action) {
        try {
            return death.at(step, action::get);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
