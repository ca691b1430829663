package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.security.Callers;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriUtils;

/**
 * Which jobs a request is about: a caller's own ones. An operator's request is about those of all callers, or of the one that it
 * names. The job of another caller is answered as one that does not exist, so that nothing of it is told.
 */
@Component
public class JobScope {

    private final Callers callers;
    private final Jobs jobs;

    JobScope(Callers callers, Jobs jobs) {
        this.callers = callers;
        this.jobs = jobs;
    }

    /** To whom a job that this request submits will belong. */
    public Caller submitter() {
        return callers.current();
    }

    /**
     * The job that the request names.
     *
     * @param caller the parameter of that name
     * @throws ProblemException when there is none that the request may be about, or an operator's id is that of several
     */
    public JobName job(String id, @Nullable String caller) {
        Caller current = callers.current();
        // An id with a slash would name another caller's job.
        if (id.indexOf('/') >= 0 || (caller != null && !Caller.isName(caller))) {
            throw ProblemException.noSuchJob(id);
        }
        if (!current.has(Role.OPERATOR)) {
            if (caller != null && !caller.equals(current.name())) {
                throw ProblemException.noSuchJob(id);
            }
            return new JobName(current.name(), id);
        }
        if (caller != null) {
            return new JobName(caller, id);
        }
        List<JobName> named = jobs.named(id);
        return switch (named.size()) {
            case 0 -> throw ProblemException.noSuchJob(id);
            case 1 -> named.getFirst();
            default -> throw ambiguous(id, named);
        };
    }

    /**
     * Whose jobs a list shows; null: those of all callers.
     *
     * @param caller the parameter of that name
     */
    @Nullable
    public String listed(@Nullable String caller) {
        Caller current = callers.current();
        QueryParameters.text("caller", caller);
        if (current.has(Role.OPERATOR)) {
            return caller;
        }
        if (caller != null && !caller.equals(current.name())) {
            throw new ProblemException(
                    HttpStatus.FORBIDDEN, "Only an operator may name another caller; leave the parameter out.");
        }
        return current.name();
    }

    /** Where this request's caller finds the job. */
    public URI location(JobName job) {
        return URI.create(location(callers.current(), job));
    }

    /** Where a caller finds a job: an operator may see another's of the same id, and is told whose this is. */
    public static String location(Caller caller, JobName job) {
        String path = "/api/v1/jobs/" + job.id();
        return caller.has(Role.OPERATOR) && !caller.equals(Caller.ONLY)
                ? path + "?caller=" + UriUtils.encode(job.caller(), StandardCharsets.UTF_8)
                : path;
    }

    private static ProblemException ambiguous(String id, List<JobName> named) {
        List<String> owners = named.stream().map(JobName::caller).toList();
        ProblemException problem = new ProblemException(
                HttpStatus.CONFLICT,
                "Several callers have a job with the id " + Printable.of(id) + ": name one of them, as in ?caller="
                        + owners.getFirst() + ".");
        problem.getBody().setProperty("callers", owners);
        return problem;
    }
}
