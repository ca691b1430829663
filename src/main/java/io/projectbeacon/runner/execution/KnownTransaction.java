package io.projectbeacon.runner.execution;

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
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A transaction of which it becomes known whether it committed, so that what follows a commit (counting, above all)
 * follows it exactly once.
 *
 * <p>A connection may break between a COMMIT and its answer. Who takes that for a failure counts too little; who does
 * the work again finds it done and cannot tell by whom. PostgreSQL keeps what became of each transaction, and is asked.
 */
@Component
public class KnownTransaction {

    private static final Logger log = LoggerFactory.getLogger(KnownTransaction.class);

    /** How long it may take a server to notice that the connection of a transaction is gone, in the usual case. */
    private static final int TRIES = 10;

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(50);
    private static final Duration WHILE_AWAY = Duration.ofSeconds(1);

    private enum Fate {
        COMMITTED,
        ABORTED,
        NOT_KNOWN_YET
    }

    /**
     * What was done before the commit.
     *
     * @param transaction PostgreSQL's number of the transaction; null when it wrote nothing
     */
    private record Work<T>(T result, @Nullable String transaction) {}

    private final TransactionTemplate template;
    private final JdbcClient jdbc;
    private volatile boolean closing;

    public KnownTransaction(TransactionTemplate template, JdbcClient jdbc) {
        this.template = template;
        this.jdbc = jdbc;
    }

    /**
     * Does the work in a transaction.
     *
     * @param committed what is to follow the commit, with the work's result. It comes before this returns; if the
     *     database cannot be asked now, this throws, and it comes when the database is back and says that the
     *     transaction had committed
     * @throws DataAccessException when nothing was committed, or nobody can say so now
     */
    public <T> T execute(Supplier<T> work, Consumer<T> committed) {
        AtomicReference<@Nullable Work<T>> done = new AtomicReference<>();
        try {
            template.executeWithoutResult(status -> done.set(new Work<>(work.get(), transaction())));
        } catch (DataAccessException | TransactionException failure) {
            Work<T> lost = done.get();
            if (lost == null || lost.transaction() == null) {
                throw failure; // It failed before the commit, or there was nothing to commit.
            }
            switch (fate(lost.transaction())) {
                case COMMITTED -> log.info("The answer to a commit was lost; the transaction did commit");
                case ABORTED -> throw failure;
                case NOT_KNOWN_YET -> {
                    Thread.ofVirtual().name("lost-commit").start(() -> follow(lost, committed));
                    throw failure;
                }
            }
        }
        T result = Objects.requireNonNull(done.get()).result();
        committed.accept(result);
        return result;
    }

    /** From now on nothing is asked again: the database is about to be closed. */
    @PreDestroy
    void close() {
        closing = true;
    }

    private <T> void follow(Work<T> lost, Consumer<T> committed) {
        String transaction = Objects.requireNonNull(lost.transaction());
        Fate fate = Fate.NOT_KNOWN_YET;
        while (fate == Fate.NOT_KNOWN_YET && !closing) {
            pause(WHILE_AWAY);
            fate = fate(transaction);
        }
        if (fate == Fate.COMMITTED) {
            log.info("The answer to a commit was lost in an outage; the transaction did commit");
            committed.accept(lost.result());
        }
    }

    private @Nullable String transaction() {
        return jdbc.sql("SELECT pg_current_xact_id_if_assigned()::text")
                .query((row, n) -> new Work<>("", row.getString(1)))
                .single()
                .transaction();
    }

    private Fate fate(String transaction) {
        for (int tries = 0; tries < TRIES; tries++) {
            try {
                switch (status(transaction)) {
                    case "committed" -> {
                        return Fate.COMMITTED;
                    }
                    case "in progress" -> pause(BETWEEN_TRIES);
                    default -> {
                        return Fate.ABORTED; // So it is after a failover, too, to a server that never had it.
                    }
                }
            } catch (DataAccessException | TransactionException away) {
                return Fate.NOT_KNOWN_YET;
            }
        }
        return Fate.NOT_KNOWN_YET;
    }

    private String status(String transaction) {
        return jdbc.sql("""
                        SELECT CASE WHEN :number::xid8 < pg_snapshot_xmax(pg_current_snapshot())
                          THEN pg_xact_status(:number::xid8) END AS status
                        """)
                .param("number", transaction)
                .query((row, n) -> String.valueOf(row.getString("status")))
                .single();
    }

    private static void pause(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
