package io.projectbeacon.runner.job;

import io.projectbeacon.runner.redis.ScriptCalls;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the cells of running jobs wait for, in Redis: {@code beacon:waits:<id>} is written by the runner that has the job, and read
 * by whichever replica is asked. Nothing depends on it, so it may be lost, and is gone by itself a moment after its runner is.
 */
@Component
public class WaitBoard {

    private static final Logger log = LoggerFactory.getLogger(WaitBoard.class);

    /** For how long a text stands that is not written again. */
    public static final Duration STANDS = Duration.ofSeconds(5);

    private static final String WRITE = """
            if ARGV[1] == '' then return redis.call('del', KEYS[1]) end
            redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """;

    private final StringRedisTemplate redis;
    private final JsonMapper json;

    WaitBoard(StringRedisTemplate redis, JsonMapper json) {
        this.redis = redis;
        this.json = json;
    }

    /** What is written of these waits; empty when there are none. */
    public String text(List<JobWait> waits) {
        return waits.isEmpty() ? "" : json.writeValueAsString(waits);
    }

    /**
     * Writes the texts of jobs, all at once; an empty one is wiped out.
     *
     * @throws DataAccessException when Redis is away
     */
    public void write(Map<Long, String> texts) {
        ScriptCalls.run(
                redis,
                WRITE,
                texts.entrySet().stream()
                        .map(job -> new ScriptCalls.Call(
                                key(job.getKey()), List.of(job.getValue(), String.valueOf(STANDS.toMillis()))))
                        .toList());
    }

    /** What is written of a job, which may be nothing; empty when it cannot be read. */
    Optional<List<JobWait>> read(long jobId) {
        try {
            String text = redis.opsForValue().get(key(jobId));
            return Optional.of(text == null ? List.of() : List.of(json.readValue(text, JobWait[].class)));
        } catch (DataAccessException | JacksonException unread) {
            log.debug("What a job waits for could not be read", unread);
            return Optional.empty();
        }
    }

    private static String key(long jobId) {
        return "beacon:waits:" + jobId;
    }
}
