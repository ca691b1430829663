package io.projectbeacon.runner.support;

import io.projectbeacon.runner.support.DyingRunner.Step;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.ValueOperations;
import org.springframework.data.redis.core.script.RedisScript;

/** The shell around the Redis of a {@link DyingRunner}: it sees locks set and released. */
final class DyingRedis extends StringRedisTemplate {

    private final DyingRunner death;

    DyingRedis(StringRedisTemplate redis, DyingRunner death) {
        super(redis.getRequiredConnectionFactory());
        this.death = death;
    }

    @Override
    @SuppressWarnings("unchecked") // A proxy knows no type arguments.
    public ValueOperations<String, String> opsForValue() {
        ValueOperations<String, String> values = super.opsForValue();
        return (ValueOperations<String, String>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ValueOperations.class}, (proxy, method, arguments) -> {
                    try {
                        return method.getName().equals("setIfAbsent")
                                ? death.at(Step.LOCK, () -> method.invoke(values, arguments))
                                : method.invoke(values, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public <T> T execute(RedisScript<T> script, List<String> keys, Object... arguments) {
        if (!script.getScriptAsString().contains("'DEL'")) {
            return super.execute(script, keys, arguments);
        }
        try {
            return death.at(Step.RELEASE, () -> super.execute(script, keys, arguments));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
