package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommit.Written;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.StatementForm;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.Run;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Notes at cells that a stop of the runner has interrupted their calls. The attempts stay without an end: the next run's claims
 * end and count them, and find the note. Without a note they count as those of a run that is gone.
 */
@Component
public class InterruptedCalls {

    /** The code of such an attempt. */
    public static final String CODE = "shutdown";

    private static final int LARGEST_BATCH = 250;

    /* A locked job is skipped: what changes it ends the calls, or has taken them over. */
    private static final String NOTE = """
            WITH owned AS MATERIALIZED (
              SELECT id, of_fence AS fence
            %s)
            UPDATE executions e SET
              error_code = '%s', error_message = 'The runner was stopped while the call was under way'
            FROM owned
            WHERE e.job_id = owned.id AND e.fence = owned.fence AND e.status = 'running' AND e.outcome = 'running'
            """.formatted(JobRows.owned(StatementForm.TOGETHER, "FOR NO KEY UPDATE"), CODE);

    private final JdbcClient jdbc;
    private final GroupCommit<Run, Written> batches;

    InterruptedCalls(JdbcTemplate template, GroupCommits groupCommits) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.batches = groupCommits.of("interrupted calls", this::write, GroupCommit.Bounds.requests(LARGEST_BATCH));
    }

    /** Makes the notes of a run that has no call under way any more, before it gives its job back. */
    public void note(Run run) {
        batches.ask(run);
    }

    private List<Optional<Written>> write(List<Run> runs) {
        jdbc.sql(NOTE).params(RunColumns.of(runs)).update();
        return Collections.nCopies(runs.size(), Optional.of(Written.WRITTEN));
    }
}
