package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Parts of the execution room for tests of other rooms. */
public final class ExecutionRoom {

    private ExecutionRoom() {}

    public static OpenCells openCells(JdbcClient jdbc, BeaconMetrics metrics) {
        return new OpenCells(jdbc, metrics, new ProviderName("test"));
    }
}
