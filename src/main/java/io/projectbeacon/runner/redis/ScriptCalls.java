package io.projectbeacon.runner.redis;

import io.lettuce.core.AbstractRedisAsyncCommands;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.RedisSystemException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceExceptionConverter;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Runs one script for many keys, each call a command of its own, all of them written to the connection at once: a write
 * to the network costs more than all the rest of a call.
 *
 * <p>Not a pipeline of Spring Data's: that opens a connection each time, and its commands are sent again when a lost
 * connection is back, however late. Here a command whose answer does not come in time is withdrawn.
 *
 * <p>Each call answers for itself, so that one key of the wrong type, or one server of a cluster, fails no other call.
 *
 * @param script answers with an integer
 */
public record ScriptCalls(String script, List<Call> calls) implements RedisCallback<List<Answer>> {

    /** What the script is called with. */
    public record Call(String key, List<String> arguments) {}

    /** Runs the calls, of which there may be none. */
    public static List<Answer> run(StringRedisTemplate redis, String script, List<Call> calls) {
        return calls.isEmpty() ? List.of() : Objects.requireNonNull(redis.execute(new ScriptCalls(script, calls)));
    }

    /**
     * The answers, in the order of the calls.
     *
     * @throws DataAccessException when Redis refused them all, or answered none; some may have been carried out
     */
    @Override
    public List<Answer> doInRedis(RedisConnection connection) {
        StatefulConnection<byte[], byte[]> line = line(connection.getNativeConnection());
        List<AsyncCommand<byte[], byte[], Long>> commands =
                calls.stream().map(this::command).toList();
        long end = System.nanoTime() + line.getTimeout().toNanos();
        try {
            line.dispatch(commands);
            List<Answer> answers = new ArrayList<>();
            for (AsyncCommand<byte[], byte[], Long> command : commands) {
                answers.add(answer(command, end - System.nanoTime(), line.getTimeout()));
            }
            return withAnyOfRedis(answers);
        } catch (RedisException away) {
            throw translated(away);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new RedisSystemException("Interrupted while waiting for Redis", stopped);
        } finally {
            commands.forEach(AsyncCommand::cancel); // Does nothing to one that has been answered.
        }
    }

    private static Answer answer(AsyncCommand<byte[], byte[], Long> command, long nanosLeft, Duration timeout)
            throws InterruptedException {
        try {
            return new Answer.Value(command.get(nanosLeft, TimeUnit.NANOSECONDS));
        } catch (TimeoutException late) {
            return new Answer.Refused(new QueryTimeoutException(
                    "Redis did not answer within " + Duration.ofNanos(timeout.toNanos()), late));
        } catch (ExecutionException failed) {
            return new Answer.Refused(translated(failed.getCause() instanceof Exception cause ? cause : failed));
        }
    }

    /** What keeps all calls from being carried out is not the fault of one of them. */
    private static List<Answer> withAnyOfRedis(List<Answer> answers) {
        if (answers.stream().noneMatch(Answer.Value.class::isInstance)) {
            failure(answers).ifPresent(failure -> {
                throw failure;
            });
        }
        return answers;
    }

    /**
     * Why Redis did not carry out calls, other than by the fault of their keys: if it said something, that, since it tells
     * more than that one server of a cluster is away.
     */
    public static Optional<DataAccessException> failure(List<Answer> answers) {
        List<DataAccessException> failures = answers.stream()
                .filter(answer -> answer instanceof Answer.Refused refused && !refused.isOfTheKey())
                .map(answer -> ((Answer.Refused) answer).why())
                .toList();
        return failures.stream()
                .filter(failure -> RefusedCommand.reason(failure).isPresent())
                .findFirst()
                .or(() -> failures.stream().findFirst());
    }

    private AsyncCommand<byte[], byte[], Long> command(Call call) {
        CommandArgs<byte[], byte[]> arguments = new CommandArgs<>(ByteArrayCodec.INSTANCE)
                .add(bytes(script))
                .add(1)
                .addKey(bytes(call.key()));
        call.arguments().forEach(argument -> arguments.addValue(bytes(argument)));
        return new AsyncCommand<>(
                new Command<>(CommandType.EVAL, new IntegerOutput<>(ByteArrayCodec.INSTANCE), arguments));
    }

    /** Of one server, or of a cluster, which sends each command to the server of its key. */
    @SuppressWarnings("unchecked") // Spring Data's connections speak in bytes.
    private static StatefulConnection<byte[], byte[]> line(Object commands) {
        return ((AbstractRedisAsyncCommands<byte[], byte[]>) commands).getConnection();
    }

    private static DataAccessException translated(Exception failure) {
        return Objects.requireNonNullElseGet(
                new LettuceExceptionConverter().convert(failure),
                () -> new RedisSystemException("Redis refused a script", failure));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
