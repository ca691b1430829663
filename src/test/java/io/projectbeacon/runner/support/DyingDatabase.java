package io.projectbeacon.runner.support;

import io.projectbeacon.runner.support.DyingRunner.Moment;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** The wrapper around the database of a {@link DyingRunner}: it sees each statement, its parameters and the commits. */
final class DyingDatabase extends DelegatingDataSource {

    private final DyingRunner death;

    DyingDatabase(DataSource pool, DyingRunner death) {
        super(pool);
        this.death = death;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return proxy(Connection.class, new DyingConnection(super.getConnection()));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private final class DyingConnection implements InvocationHandler {

        private final Connection connection;
        private boolean stepIsMade;

        DyingConnection(Connection connection) {
            this.connection = connection;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            Object result = DyingDatabase.invoke(connection, method, arguments);
            if (method.getName().equals("commit") && stepIsMade) {
                death.dieAt(Moment.AFTER);
            }
            return result instanceof PreparedStatement statement
                    ? proxy(PreparedStatement.class, new DyingStatement(this, statement, (String) arguments[0]))
                    : result;
        }
    }

    private final class DyingStatement implements InvocationHandler {

        private final DyingConnection connection;
        private final PreparedStatement statement;
        private final String sql;
        private final Set<String> parameters = new HashSet<>();

        DyingStatement(DyingConnection connection, PreparedStatement statement, String sql) {
            this.connection = connection;
            this.statement = statement;
            this.sql = sql;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            if (method.getName().startsWith("set") && arguments.length > 1) {
                Object[] values = arguments[1] instanceof Object[] array ? array : new Object[] {arguments[1]};
                Stream.of(values).map(String::valueOf).forEach(parameters::add);
            }
            if (!method.getName().startsWith("execute") || !death.isAt(sql, parameters)) {
                return DyingDatabase.invoke(statement, method, arguments);
            }
            return connection.connection.getAutoCommit()
                    ? death.at(death.step(), () -> DyingDatabase.invoke(statement, method, arguments))
                    : death.inTransaction(
                            () -> connection.stepIsMade = true,
                            () -> DyingDatabase.invoke(statement, method, arguments));
        }
    }
}
