package io.projectbeacon.runner.database;

import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A transaction whose commit is confirmed, so that what follows a commit (counting, above all) follows it exactly once.
 *
 * <p>A connection may break between a COMMIT and its answer. A caller that takes this for a failure counts too little;
 * one that does the work again finds it done, and cannot tell by whom. PostgreSQL keeps the fate of each transaction,
 * and is asked for it.
 */
@Component
public class ConfirmedTransaction {

    private static final Logger log = LoggerFactory.getLogger(ConfirmedTransaction.class);

    /** With the pauses between them as long as a server usually takes to notice that a connection is gone. */
    private static final int TRIES = 10;

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(50);
    private static final Duration WHILE_AWAY = Duration.ofSeconds(1);

    private enum Fate {
        COMMITTED,
        ABORTED,
        NOT_KNOWN_YET
    }

    /** The result of the work before the commit, and the transaction in which it was done. */
    private record Work<T>(T result, Identity transaction) {}

    /**
     * A transaction of a server.
     *
     * @param number PostgreSQL's number of the transaction; null when it wrote nothing
     * @param server a text that changes when the server has crashed or been restarted
     */
    private record Identity(@Nullable String number, String server) {}

    /**
     * SQL for {@link Identity#server}. A server that has crashed may give the number of a transaction that it lost to a
     * new one, and would answer with the fate of the new one. So a transaction from before a crash counts as not
     * committed. A crash of one process restarts all of PostgreSQL without changing its start time, but it resets the
     * statistics.
     */
    private static final String SERVER = """
            concat(pg_postmaster_start_time(), ' ', (SELECT stats_reset FROM pg_stat_bgwriter))""";

    private static final String IDENTITY =
            "SELECT pg_current_xact_id_if_assigned()::text AS number, " + SERVER + " AS server";

    private static final String STATUS = """
            SELECT CASE WHEN :number::xid8 < pg_snapshot_xmax(pg_current_snapshot()) AND :server = %s
              THEN pg_xact_status(:number::xid8) END AS status
            """.formatted(SERVER);

    private final TransactionTemplate template;
    private final JdbcClient jdbc;
    private final Durability durability;
    private volatile boolean closing;

    public ConfirmedTransaction(TransactionTemplate template, JdbcTemplate jdbc) {
        this.template = template;
        this.jdbc = TimeLimitedJdbc.of(jdbc);
        this.durability = Durability.of(jdbc);
    }

    /**
     * Does the work in a transaction.
     *
     * @param committed called after the commit, with the work's result: before this returns, or, if the database cannot
     *     be asked now, after this has thrown, once the database is back and says that the transaction committed
     * @throws NotConfirmedException when the database cannot tell now whether it committed, or whether a standby has it
     * @throws DataAccessException when nothing was committed
     */
    public <T> T execute(Supplier<T> work, Consumer<T> committed) {
        AtomicReference<@Nullable Work<T>> done = new AtomicReference<>();
        try {
            template.executeWithoutResult(status -> done.set(new Work<>(work.get(), identity())));
        } catch (DataAccessException | TransactionException failure) {
            Work<T> lost = done.get();
            if (lost == null || lost.transaction().number() == null) {
                throw failure; // It failed before the commit, or there was nothing to commit.
            }
            switch (fate(lost.transaction())) {
                case COMMITTED -> log.info("The answer to a commit was lost; the transaction did commit");
                case ABORTED -> throw failure;
                case NOT_KNOWN_YET -> {
                    Thread.ofVirtual().name("lost-commit").start(() -> follow(lost, committed));
                    throw new NotConfirmedException("The answer to a commit is not known", failure);
                }
            }
        }
        T result = Objects.requireNonNull(done.get()).result();
        committed.accept(result);
        return result;
    }

    /** Ends the asking: the database is about to be closed. */
    @PreDestroy
    void close() {
        closing = true;
    }

    private <T> void follow(Work<T> lost, Consumer<T> committed) {
        Fate fate = Fate.NOT_KNOWN_YET;
        while (fate == Fate.NOT_KNOWN_YET && !closing) {
            Pause.of(WHILE_AWAY);
            fate = fate(lost.transaction());
        }
        if (fate == Fate.COMMITTED) {
            log.info("The answer to a commit was lost in an outage; the transaction did commit");
            committed.accept(lost.result());
        }
    }

    private Identity identity() {
        return jdbc.sql(IDENTITY)
                .query((row, n) -> new Identity(row.getString("number"), row.getString("server")))
                .single();
    }

    private Fate fate(Identity lost) {
        for (int tries = 0; tries < TRIES; tries++) {
            try {
                switch (status(lost)) {
                    case "committed" -> {
                        return Fate.COMMITTED;
                    }
                    case "in progress" -> Pause.of(BETWEEN_TRIES);
                    default -> {
                        return Fate.ABORTED; // Also after a crash, and after a failover to another server.
                    }
                }
            } catch (DataAccessException | TransactionException away) {
                return Fate.NOT_KNOWN_YET;
            }
        }
        return Fate.NOT_KNOWN_YET;
    }

    private String status(Identity lost) {
        return durability.read(() -> jdbc.sql(STATUS)
                .param("number", lost.number())
                .param("server", lost.server())
                .query((row, n) -> String.valueOf(row.getString("status")))
                .single());
    }
}
