package io.projectbeacon.runner.support;

import io.projectbeacon.runner.support.DyingRunner.Step;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/** The shell around the Redis of a {@link DyingRunner}: it sees locks set and released. */
final class DyingRedis extends StringRedisTemplate {

    private final DyingRunner death;

    DyingRedis(StringRedisTemplate redis, DyingRunner death) {
        super(redis.getRequiredConnectionFactory());
        this.death = death;
    }

    @Override
    public <T> T execute(RedisScript<T> script, List<String> keys, Object... arguments) {
        String text = script.getScriptAsString();
        if (text.contains("'SET'")) {
            return at(Step.LOCK, () -> super.execute(script, keys, arguments));
        }
        return text.contains("'DEL'")
                ? at(Step.RELEASE, () -> super.execute(script, keys, arguments))
                : super.execute(script, keys, arguments);
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
