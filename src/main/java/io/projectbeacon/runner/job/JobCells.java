package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.jobspec.WorkPlan;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads which cells a job has, be they claimed or not, and what one of them asks. */
@Component
public class JobCells {

    private static final Logger log = LoggerFactory.getLogger(JobCells.class);

    private static final String CONTENT = "SELECT content FROM jobs WHERE id = :job AND content IS NOT NULL";

    private final JdbcClient jdbc;
    private final ParameterNames parameters;

    JobCells(JdbcClient jdbc, ParameterNames parameters) {
        this.jdbc = jdbc;
        this.parameters = parameters;
    }

    /** The regions of each model; empty when it is not known any more, since the job's content has been erased. */
    public Map<String, Set<String>> regionsOfModels(JobView job) {
        Map<String, Set<String>> regions = new HashMap<>();
        if (job.cells().total() == job.models().size() * job.regions().size()) {
            Set<String> all = Set.copyOf(job.regions());
            job.models().forEach(model -> regions.put(model, all));
        } else {
            work(job)
                    .forEach(cell -> regions.computeIfAbsent(cell.modelId(), model -> new HashSet<>())
                            .add(cell.region()));
        }
        return regions;
    }

    /** What the cell asks; empty when the job has no such cell, or its content has been erased. */
    public Optional<CellWork> work(JobView job, String region, String modelId) {
        return work(job).stream()
                .filter(cell -> cell.region().equals(region) && cell.modelId().equals(modelId))
                .findFirst();
    }

    private List<CellWork> work(JobView job) {
        Optional<String> content =
                jdbc.sql(CONTENT).param("job", job.jobId()).query(String.class).optional();
        try {
            return content.map(stored -> WorkPlan.of(stored, parameters)).orElse(List.of());
        } catch (RuntimeException unreadable) {
            // The job has failed for it, or will, and says so; a page of it is shown all the same.
            log.debug("What the job {} was stored with cannot be read", job.id(), unreadable);
            return List.of();
        }
    }
}
