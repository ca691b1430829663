package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.logs.FirstLines;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** What a run logs of its cells: the first lines of each kind, and at its end how many more there were. */
final class RunLog {

    private static final Logger log = LoggerFactory.getLogger(JobRun.class);

    private static final String BROKEN = "A cell broke; the job will go back to the queue";
    private static final String UNCHECKED =
            "The existence check could not be made, so the cell was not let through; the job goes back to the queue";

    private final Run run;
    private final FirstLines duplicates = new FirstLines();
    private final FirstLines unchecked = new FirstLines();
    private final FirstLines broken = new FirstLines();

    RunLog(Run run) {
        this.run = run;
    }

    /** Whether the line about one more duplicate is written. */
    boolean logsDuplicate() {
        return duplicates.oneMore();
    }

    void unchecked(CellWork cell, Throwable cause) {
        line(unchecked, cell, cause, UNCHECKED);
    }

    void broken(CellWork cell, Throwable cause) {
        line(broken, cell, cause, BROKEN);
    }

    /** Tells what was left out. */
    void rest() {
        duplicates.rest(further -> further(log.atWarn(), further, CellRunner.AUTO_STOP));
        unchecked.rest(further -> further(log.atError(), further, UNCHECKED));
        broken.rest(further -> further(log.atError(), further, BROKEN));
    }

    private void line(FirstLines lines, CellWork cell, Throwable cause, String text) {
        if (lines.oneMore()) {
            log.atError()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .setCause(cause)
                    .log(text);
        }
    }

    private void further(LoggingEventBuilder line, int further, String text) {
        line.addKeyValue("job_id", run.jobspecId())
                .addKeyValue("further", further)
                .log("{}, further ones", text);
    }
}
