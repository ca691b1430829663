package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.jobspec.KnownRegions;
import io.projectbeacon.runner.jobspec.Spelling;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Reads the filters of the lists of executions and duplicates. */
@Component
public class ListFilters {

    /** RFC 3339 writes a year in four digits. */
    private static final int LAST_YEAR = 9999;

    private final Jobs jobs;
    private final KnownRegions regions;
    private final JobScope scope;

    ListFilters(Jobs jobs, KnownRegions regions, JobScope scope) {
        this.jobs = jobs;
        this.regions = regions;
        this.scope = scope;
    }

    /** @throws ProblemException when there is no job of this id that the request may be about */
    public long jobId(String id, @Nullable String caller) {
        return jobs.find(scope.job(id, caller))
                .orElseThrow(() -> ProblemException.noSuchJob(id))
                .jobId();
    }

    /** The region's own name, also for an alias; an unknown name is returned as it is and matches nothing. */
    @Nullable
    public String region(@Nullable String spelled) {
        String name = QueryParameters.text("region", spelled);
        return name == null ? null : regions.resolve(name).orElse(name);
    }

    /** The model id, in the spelling in which a JobSpec's ids are stored. */
    @Nullable
    public String modelId(@Nullable String spelled) {
        String id = QueryParameters.text("model_id", spelled);
        return id == null ? null : Spelling.clean(id);
    }

    /** {@code true}, {@code false}, or the name of a mark. */
    @Nullable
    public static String flagged(@Nullable String spelled) {
        String wanted = QueryParameters.text("flagged", spelled);
        if (wanted == null || wanted.equals("true") || wanted.equals("false")) {
            return wanted;
        }
        List<String> marks = Arrays.stream(AnswerFlag.values())
                .filter(AnswerFlag::marks)
                .map(AnswerFlag::wireName)
                .toList();
        if (!marks.contains(wanted)) {
            throw ProblemException.badParameter(
                    "flagged", Printable.of(wanted) + " is none of true, false, " + String.join(", ", marks) + ".");
        }
        return wanted;
    }

    @Nullable
    public Instant since(@Nullable String since) {
        if (since == null) {
            return null;
        }
        try {
            OffsetDateTime time = OffsetDateTime.parse(since);
            if (time.getYear() >= 0 && time.getYear() <= LAST_YEAR) {
                return time.toInstant();
            }
        } catch (DateTimeException e) {
            // Refused below.
        }
        throw ProblemException.badParameter(
                "since", Printable.of(since) + " is not an RFC 3339 time such as 2026-01-31T12:00:00Z.");
    }
}
