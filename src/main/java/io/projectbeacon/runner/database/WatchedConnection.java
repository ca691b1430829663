package io.projectbeacon.runner.database;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/**
 * A connection that waits for no answer for ever, and takes no commit for one that a standby has when it has not.
 *
 * <p>A statement's time-out has the server told to cancel it, which a server that is silent does not do. So a moment
 * later the socket's own time-out ends the wait. The driver's own commit has no limit, so a COMMIT is sent as a statement.
 */
final class WatchedConnection implements InvocationHandler {

    private static final Logger log = LoggerFactory.getLogger(WatchedConnection.class);

    /** For a statement that has no limit of its own; no such statement of ours takes as long. */
    private static final int PREPARED_SECONDS = 6;

    /** For a migration's statements, which have no limit otherwise. */
    private static final Duration UNLIMITED = Duration.ofSeconds(30);

    private static final Duration AFTER_A_CANCEL = Duration.ofSeconds(1);
    private static final Duration SILENT = Duration.ofSeconds(3);
    private static final Executor DIRECTLY = Runnable::run;

    private interface Asking {
        @Nullable
        Object ask() throws Throwable;
    }

    private final Connection connection;
    private final WatchedDataSource server;
    private volatile @Nullable Long waitingSince;

    WatchedConnection(Connection connection, WatchedDataSource server) {
        this.connection = connection;
        this.server = server;
    }

    Connection proxy() {
        return proxy(Connection.class, this);
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        return switch (method.getName()) {
            case "commit" -> commit();
            case "rollback" ->
                answer(limit(TimeLimitedJdbc.TIMEOUT_SECONDS), () -> call(connection, method, arguments));
            case "isValid" -> isValid(method, arguments);
            case "close", "abort" -> {
                server.closed(this);
                yield call(connection, method, arguments);
            }
            case "equals" -> arguments != null && proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> watched(call(connection, method, arguments));
        };
    }

    private @Nullable Object watched(@Nullable Object result) {
        if (result instanceof PreparedStatement statement) {
            return proxy(PreparedStatement.class, (proxy, method, arguments) -> use(statement, method, arguments));
        }
        if (result instanceof Statement statement) {
            return proxy(Statement.class, (proxy, method, arguments) -> use(statement, method, arguments));
        }
        return result;
    }

    private @Nullable Object use(Statement statement, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        if (!method.getName().startsWith("execute")) {
            return call(statement, method, arguments);
        }
        if (statement instanceof PreparedStatement && statement.getQueryTimeout() == 0) {
            statement.setQueryTimeout(PREPARED_SECONDS);
        }
        int seconds = statement.getQueryTimeout();
        Object result = answer(limit(seconds), () -> call(statement, method, arguments));
        server.doubt().look(statement.getWarnings());
        return result;
    }

    private @Nullable Object commit() throws Throwable {
        try (Statement commit = connection.createStatement()) {
            commit.setQueryTimeout(TimeLimitedJdbc.TIMEOUT_SECONDS);
            answer(limit(TimeLimitedJdbc.TIMEOUT_SECONDS), () -> commit.execute("COMMIT"));
            server.doubt().look(commit.getWarnings());
        }
        return null;
    }

    private static Duration limit(int seconds) {
        return seconds == 0 ? UNLIMITED : Duration.ofSeconds(seconds).plus(AFTER_A_CANCEL);
    }

    private @Nullable Object isValid(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        Object valid = call(connection, method, arguments);
        if (Boolean.FALSE.equals(valid)) {
            server.leave("is gone or silent");
        }
        return valid;
    }

    private @Nullable Object answer(Duration atMost, Asking asking) throws Throwable {
        connection.setNetworkTimeout(DIRECTLY, Math.toIntExact(atMost.toMillis()));
        waitingSince = System.nanoTime();
        try {
            return asking.ask();
        } catch (SQLException failure) {
            if (NestedExceptionUtils.getMostSpecificCause(failure) instanceof SocketTimeoutException) {
                server.leave("is silent");
            }
            throw failure;
        } finally {
            waitingSince = null;
        }
    }

    /** Ends a wait that has lasted for long, when other work has found the server silent or replaced. */
    void abortIfSilent() {
        Long since = waitingSince;
        if (since != null && System.nanoTime() - since > SILENT.toNanos()) {
            try {
                connection.abort(DIRECTLY);
            } catch (SQLException closed) {
                log.debug("A connection was closed already", closed);
            }
        }
    }

    private static @Nullable Object call(Object target, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
