package io.projectbeacon.runner.database;

import com.zaxxer.hikari.HikariDataSource;
import java.util.concurrent.Semaphore;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * How the pool's connections are shared out, so that work that waits for a locked row never takes the last of them.
 *
 * <p>There are many more cells than connections. If all of them asked the pool, waiting in a queue of the service's own
 * would soon look like a database that is away, and the API would find no connection.
 */
@Component
public class ConnectionShares {

    /** The size assumed of a pool that does not tell its own. */
    private static final int DEFAULT_POOL = 10;

    /**
     * What single writes of cells leave: for the API, the picker, the finishing of jobs, and the writers of the
     * batches.
     */
    private static final int RESERVED = 9;

    /** Of the reserved ones: for jobs that are finished alone because their rows were locked. */
    private static final int SINGLE_FINISHES = 2;

    private final Semaphore singleWrites;
    private final Semaphore singleFinishes = new Semaphore(SINGLE_FINISHES, true);

    @Autowired
    ConnectionShares(DataSource pool) {
        this(pool instanceof HikariDataSource hikari ? hikari.getMaximumPoolSize() : DEFAULT_POOL);
    }

    /** @param poolSize how many connections there are in all */
    public ConnectionShares(int poolSize) {
        this.singleWrites = new Semaphore(Math.max(1, poolSize - Math.min(RESERVED, poolSize / 2)), true);
    }

    /** For a cell's write that does not go with a batch. Fair, so that none waits for long. */
    Semaphore singleWrites() {
        return singleWrites;
    }

    /** For a job that is finished alone because its row was locked. Fair. */
    public Semaphore singleFinishes() {
        return singleFinishes;
    }
}
