package io.projectbeacon.runner.database;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Whether the database takes writes. A standby, and a primary that was demoted, answer every question and refuse every
 * write; a primary without its synchronous standby takes writes that a failover would lose.
 */
@Component("dbHealthIndicator")
public class WritableDatabase implements HealthIndicator {

    private static final String READ_ONLY = "SELECT current_setting('transaction_read_only') = 'on'";

    /** What was found. */
    private enum State {
        WRITES("takes writes"),
        READ_ONLY("answers and refuses writes; the runner connects anew until it finds one that does not"),
        NOT_CONFIRMED("its synchronous standby confirms no commit; no call begins and no job is taken"),
        AWAY("cannot be reached");

        private final String inWords;

        State(String inWords) {
            this.inWords = inWords;
        }
    }

    private final JdbcClient jdbc;
    private final Durability durability;

    WritableDatabase(JdbcTemplate template) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.durability = Durability.of(template);
    }

    /** Asks now, for 3 s at most. */
    public boolean takesWrites() {
        return state() == State.WRITES;
    }

    @Override
    public Health health() {
        State state = state();
        return (state == State.WRITES ? Health.up() : Health.down())
                .withDetail("server", state.inWords)
                .build();
    }

    private State state() {
        try {
            if (jdbc.sql(READ_ONLY).query(Boolean.class).single()) {
                durability.leave(); // The next look finds out whether another server stands behind the address now.
                return State.READ_ONLY;
            }
            return durability.isInDoubt() ? State.NOT_CONFIRMED : State.WRITES;
        } catch (DataAccessException | TransactionException away) {
            return State.AWAY;
        }
    }
}
