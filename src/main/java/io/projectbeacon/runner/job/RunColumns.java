package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.domain.Run;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Binds runs to the parameters of {@link JobRows}. */
public final class RunColumns {

    private RunColumns() {}

    public static Map<String, @Nullable Object> of(List<Run> runs) {
        return ColumnArrays.of(runs)
                .longs("runJobs", Run::jobId)
                .longs("runFences", Run::fence)
                .parameters();
    }
}
