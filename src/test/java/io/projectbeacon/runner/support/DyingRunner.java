package io.projectbeacon.runner.support;

import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.inference.InferenceClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.DefaultApplicationArguments;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * A runner whose process dies, as by {@code kill -9}, right before or right after one step of its flow. The service's
 * code knows nothing of it: wrappers around its database, its Redis and its provider end the process. It cannot die by
 * itself while a call is under way: the test that has the provider kills it then.
 */
public final class DyingRunner {

    /** A step of the flow: a write, or the call. A write to the database is recognised by a piece of its SQL. */
    public enum Step {
        SUBMISSION("INSERT INTO jobs"),
        LOCK(null),
        START("fence = fence + 1"),
        CLAIM("INSERT INTO executions AS e"),
        /** The insert of several claims of a first run. */
        FIRST_CLAIMS("nextval('executions_id_seq')"),
        CALL(null),
        ANSWER("key_numbers = CASE WHEN ended.key_given_up"),
        FAILURE("key_numbers = CASE WHEN ended.key_given_up"),
        AGAIN("attempt = e.attempt + 1"),
        COMPLETION("key_numbers = CASE WHEN ended.key_given_up"),
        STOPPED_DUPLICATE("INSERT INTO execution_duplicates AS d"),
        PARK("completed_met = true"),
        /** The start of a parked job that tries its region out: the second start of all. */
        TRIAL("fence = fence + 1"),
        FINISH("WITH counted AS"),
        RELEASE(null),
        CANCEL("WITH open AS");

        private final String sql;

        Step(String sql) {
            this.sql = sql;
        }

        boolean isMadeBy(String statement, Set<String> parameters) {
            return sql != null
                    && statement.contains(sql)
                    && switch (this) {
                        // One statement writes all three; its status and outcome tell which.
                        case ANSWER ->
                            Stream.of("completed", "failed", "unknown").noneMatch(parameters::contains);
                        case FAILURE -> parameters.contains("failed");
                        case COMPLETION -> parameters.contains("completed");
                        default -> true;
                    };
        }
    }

    /** When to die. */
    public enum Moment {
        BEFORE,
        /** The statement is executed and its transaction not committed; the call is sent and not answered. */
        DURING,
        AFTER
    }

    /** The action of a step. */
    interface Action<T> {
        T act() throws Throwable;
    }

    private final Step step;
    private final Moment moment;
    private final AtomicInteger left;

    private DyingRunner(Step step, Moment moment, int nth) {
        this.step = step;
        this.moment = moment;
        this.left = new AtomicInteger(nth);
    }

    /** Starts a runner that dies when it comes to the step for the nth time. */
    public static RunnerProcess start(Step step, Moment moment, int nth, List<String> properties) throws IOException {
        List<String> all = new ArrayList<>(properties);
        all.add("--dying.step=" + step);
        all.add("--dying.moment=" + moment);
        all.add("--dying.nth=" + nth);
        return RunnerProcess.start(DyingRunner.class, all);
    }

    public static void main(String[] args) {
        DefaultApplicationArguments arguments = new DefaultApplicationArguments(args);
        DyingRunner death = new DyingRunner(
                Step.valueOf(arguments.getOptionValues("dying.step").getFirst()),
                Moment.valueOf(arguments.getOptionValues("dying.moment").getFirst()),
                Integer.parseInt(arguments.getOptionValues("dying.nth").getFirst()));
        new SpringApplicationBuilder(BeaconRunner.class)
                .initializers(context -> context.getBeanFactory().addBeanPostProcessor(death.shells()))
                .run(args);
    }

    private BeanPostProcessor shells() {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return switch (bean) {
                    case DataSource pool -> new DyingDatabase(pool, DyingRunner.this);
                    case StringRedisTemplate redis -> new DyingRedis(redis, DyingRunner.this);
                    case InferenceClient client -> name.equals("inferenceClient") ? caller(client) : client;
                    default -> bean;
                };
            }
        };
    }

    private InferenceClient caller(InferenceClient client) {
        return request -> {
            try {
                return at(Step.CALL, () -> client.infer(request));
            } catch (InterruptedException | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        };
    }

    boolean isAt(String sql, Set<String> parameters) {
        return step.isMadeBy(sql, parameters);
    }

    /** Does a step's action, and dies before or after it when this is the step to die at. */
    <T> T at(Step reached, Action<T> action) throws Throwable {
        if (reached != step || left.decrementAndGet() != 0) {
            return action.act();
        }
        dieAt(Moment.BEFORE);
        T result = action.act();
        dieAt(Moment.AFTER);
        return result;
    }

    /** The same within a transaction: the step is durable only once that is committed, which the caller watches for. */
    <T> T inTransaction(Runnable onceCommitted, Action<T> action) throws Throwable {
        if (left.decrementAndGet() != 0) {
            return action.act();
        }
        dieAt(Moment.BEFORE);
        T result = action.act();
        dieAt(Moment.DURING);
        onceCommitted.run();
        return result;
    }

    Step step() {
        return step;
    }

    /** Halts at once: no hook runs, nothing is flushed or released; only what others have received is left. */
    void dieAt(Moment reached) {
        if (reached == moment) {
            Runtime.getRuntime().halt(137);
        }
    }
}
