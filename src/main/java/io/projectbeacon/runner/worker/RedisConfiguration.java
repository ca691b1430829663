package io.projectbeacon.runner.worker;

import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.resource.Delay;
import io.projectbeacon.runner.region.SharedSlots;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

/** How the Redis client behaves while Redis is away: it says so at once, and tries to get back every second. */
@Configuration(proxyBeanMethods = false)
class RedisConfiguration {

    private static final Duration LONGEST_RECONNECT = Duration.ofSeconds(1);

    @Bean
    LettuceClientOptionsBuilderCustomizer rejectWhileDisconnected() {
        // A command that waits for the connection would be sent long after its caller has given up.
        return options -> options.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS);
    }

    @Bean
    ClientResourcesBuilderCustomizer reconnectSoon() {
        // By default it would wait for up to 30 s, and jobs with it.
        return resources -> resources.reconnectDelay(
                () -> Delay.exponential(Duration.ofMillis(50), LONGEST_RECONNECT, 2, TimeUnit.MILLISECONDS));
    }

    /** The slots that all replicas share stay taken as long as a job's lock does, from their last renewal. */
    @Bean
    SharedSlots sharedSlots(StringRedisTemplate redis, LockProperties properties) {
        return new SharedSlots(redis, properties.ttl());
    }
}
