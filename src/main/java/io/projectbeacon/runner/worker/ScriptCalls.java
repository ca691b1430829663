package io.projectbeacon.runner.worker;

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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.RedisSystemException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceExceptionConverter;
import org.springframework.data.redis.core.RedisCallback;

/**
 * Runs one script for many keys, each call a command of its own, all of them written to the connection at once: a write
 * to the network costs more than all the rest of a call.
 *
 * <p>Not a pipeline of Spring Data's: that opens a connection each time, and its commands are sent again when a lost
 * connection is back, however late. Here a command whose answer does not come in time is withdrawn.
 *
 * @param script answers with an integer
 */
record ScriptCalls(String script, List<Call> calls) implements RedisCallback<List<Long>> {

    /** What the script is called with. */
    record Call(String key, List<String> arguments) {}

    /**
     * The answers, in the order of the calls.
     *
     * @throws DataAccessException when one of them does not come; the others may have been carried out
     */
    @Override
    public List<Long> doInRedis(RedisConnection connection) {
        StatefulConnection<byte[], byte[]> line = line(connection.getNativeConnection());
        List<AsyncCommand<byte[], byte[], Long>> commands =
                calls.stream().map(this::command).toList();
        long end = System.nanoTime() + line.getTimeout().toNanos();
        try {
            line.dispatch(commands);
            List<Long> answers = new ArrayList<>();
            for (AsyncCommand<byte[], byte[], Long> command : commands) {
                answers.add(command.get(end - System.nanoTime(), TimeUnit.NANOSECONDS));
            }
            return answers;
        } catch (TimeoutException late) {
            throw new QueryTimeoutException(
                    "Redis did not answer within "
                            + Duration.ofNanos(line.getTimeout().toNanos()),
                    late);
        } catch (ExecutionException failed) {
            throw translated(failed.getCause() instanceof Exception cause ? cause : failed);
        } catch (RedisException away) {
            throw translated(away);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new RedisSystemException("Interrupted while waiting for Redis", stopped);
        } finally {
            commands.forEach(AsyncCommand::cancel); // Does nothing to one that has been answered.
        }
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
