package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ConfirmedTransaction;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.jobspec.ContentDigest;
import io.projectbeacon.runner.jobspec.SpecContent;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Erases what a finished job asked and was answered. Its cells, its claims and its account of duplicates stay, and a digest
 * by which the same JobSpec is known again.
 *
 * <p>The job's row is locked first, as by whatever writes a late answer: an answer before that is erased, and one after it
 * finds the job erased and leaves no text.
 */
@Component
class ContentErasure {

    private static final Logger log = LoggerFactory.getLogger(ContentErasure.class);

    private static final String LOCK = """
            SELECT id, finished_at IS NOT NULL AS finished, content FROM jobs
            WHERE jobspec_id = :id AND status IS NOT NULL
            FOR UPDATE
            """;

    private static final String ERASE = """
            UPDATE jobs SET spec = NULL, content = NULL, warnings = '[]', content_digest = :digest,
              content_erased_at = clock_timestamp()
            WHERE id = :job
            """;

    /** @param content null when it has been erased */
    private record Locked(
            long jobId, boolean finished, @Nullable String content) {}

    private final JdbcClient jdbc;

    /** For the lock: another transaction may have locked the job for long, and the client can ask again. */
    private final JdbcClient limited;

    private final ConfirmedTransaction transaction;

    ContentErasure(JdbcTemplate template, ConfirmedTransaction transaction) {
        this.jdbc = JdbcClient.create(template);
        this.limited = TimeLimitedJdbc.of(template);
        this.transaction = transaction;
    }

    Jobs.Erasure erase(JobName name) {
        return transaction.execute(() -> eraseLocked(name), erasure -> {
            if (erasure == Jobs.Erasure.ERASED) {
                log.atInfo().addKeyValue("job_id", name.text()).log("The job's content is erased");
            }
        });
    }

    private Jobs.Erasure eraseLocked(JobName name) {
        Optional<Locked> found = limited.sql(LOCK)
                .param("id", name.text())
                .query((row, n) -> new Locked(row.getLong("id"), row.getBoolean("finished"), row.getString("content")))
                .optional();
        if (found.isEmpty()) {
            return Jobs.Erasure.NO_SUCH_JOB;
        }
        Locked job = found.get();
        if (!job.finished()) {
            return Jobs.Erasure.STILL_ACTIVE;
        }
        if (job.content() != null) {
            jdbc.sql(ERASE)
                    .param("job", job.jobId())
                    .param("digest", ContentDigest.of(SpecContent.parse(job.content())))
                    .update();
            jdbc.sql(ErasedCells.OF_JOB).param("job", job.jobId()).update();
        }
        return Jobs.Erasure.ERASED;
    }
}
