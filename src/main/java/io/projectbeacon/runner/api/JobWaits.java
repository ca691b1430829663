package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.intake.Printable;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.job.JobEnds;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Requests that wait for the end of their job: {@code ?wait=30s}. */
@Component
class JobWaits {

    static final Duration LONGEST = Duration.ofSeconds(60);

    /** Nine digits, so that no number is too large to be counted with. */
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");

    /** Each that waits keeps its connection and the buffers of its request, so that only some of all connections may. */
    private static final int OF_THE_CONNECTIONS = 8;

    private static final String SECONDS_UNTIL_PLACE = "5";

    private final JobEnds ends;
    private final Semaphore places;

    JobWaits(JobEnds ends, Connections connections) {
        this.ends = ends;
        this.places = new Semaphore(Math.ceilDiv(connections.most(), OF_THE_CONNECTIONS));
    }

    /**
     * Returns when the job has ended, or the time is up, or 60 s; at once without a time.
     *
     * @param wait the parameter of that name
     * @throws ProblemException when it is none, or too many wait
     */
    void await(JobName job, @Nullable String wait, HttpServletRequest request) {
        if (wait == null) {
            return;
        }
        Duration time = duration(wait);
        if (ArrivingRequest.hasBody(request)) {
            throw ProblemException.badParameter("wait", "a request with a body does not wait.");
        }
        if (!places.tryAcquire()) {
            throw tooMany();
        }
        try {
            ends.await(job, time);
        } finally {
            places.release();
        }
    }

    /** A longer one is 60 s. */
    static Duration duration(String wait) {
        Matcher parts = DURATION.matcher(wait);
        if (!parts.matches()) {
            throw ProblemException.badParameter(
                    "wait", Printable.of(wait) + " is not a duration such as 30s, 500ms or 1m.");
        }
        long number = Long.parseLong(parts.group(1));
        Duration time = switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            default -> Duration.ofMinutes(number);
        };
        return time.compareTo(LONGEST) > 0 ? LONGEST : time;
    }

    private static ProblemException tooMany() {
        ProblemException problem = new ProblemException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "As many requests wait for the ends of jobs as may. Ask again later, or without wait.");
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_PLACE);
        return problem;
    }
}
