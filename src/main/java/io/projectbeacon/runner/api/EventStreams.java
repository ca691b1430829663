package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.job.JobChanges;
import io.projectbeacon.runner.job.JobMoment;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;

/** The listeners to jobs: as many as there may be, each with a connection and no thread, and one thread for all of them. */
@Component
class EventStreams implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(EventStreams.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    /** Proxies close a connection on which nothing comes for a minute or so, and only a write shows that a client has gone. */
    private static final Duration BETWEEN_COMMENTS = Duration.ofSeconds(15);

    private static final String SECONDS_UNTIL_A_PLACE = "5";

    private final EventWatch watch;
    private final EventText text;
    private final JobChanges changes;
    private final Jobs jobs;
    private final EventFrame comment;
    private final long betweenComments;
    private final Semaphore places;
    private final Set<EventStream> open = ConcurrentHashMap.newKeySet();
    private @Nullable ScheduledExecutorService timer;
    private volatile boolean running;

    @Autowired
    EventStreams(
            EventWatch watch,
            EventText text,
            JobChanges changes,
            Jobs jobs,
            LimitsProperties limits,
            Connections connections) {
        this(watch, text, changes, jobs, limits.streamsOf(connections.most()), BETWEEN_COMMENTS);
    }

    EventStreams(EventWatch watch, EventText text, JobChanges changes, Jobs jobs, int most, Duration betweenComments) {
        this.watch = watch;
        this.text = text;
        this.changes = changes;
        this.jobs = jobs;
        this.comment = new EventFrame(text.comment(), null);
        this.places = new Semaphore(most);
        this.betweenComments = betweenComments.toNanos();
    }

    /**
     * Answers a request with the job, and from then on with its changes.
     *
     * @param lastSeen what the client has been told of before, on any replica
     * @throws ProblemException when there is no such job, or there are as many listeners as there may be
     */
    void open(HttpServletRequest request, HttpServletResponse response, JobName name, Optional<JobMoment> lastSeen)
            throws IOException {
        if (!running || !places.tryAcquire()) {
            throw full();
        }
        EventStream stream = null;
        try {
            // Before the job is read: what changes in between is told twice rather than not at all.
            JobMoment since = lastSeen.orElseGet(changes::now);
            JobView job =
                    HeldAnswers.held(request, jobs.find(name).orElseThrow(() -> ProblemException.noSuchJob(name.id())));
            response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
            // nginx would keep events back until it has a page of them.
            response.setHeader("X-Accel-Buffering", "no");
            if (request.getMethod().equals(HttpMethod.HEAD.name())) {
                return;
            }
            response.getOutputStream().write(text.snapshot(job, since));
            response.flushBuffer();
            stream = begin(request);
            watch.add(new WatchedJob(name, job.jobId(), job.cells().total(), since, stream));
        } finally {
            if (stream == null) {
                places.release();
            }
        }
        if (!running) {
            stream.end();
        }
    }

    private EventStream begin(HttpServletRequest request) throws IOException {
        AsyncContext async = request.startAsync();
        async.setTimeout(0);
        EventStream stream = new EventStream(async, this::ended);
        open.add(stream);
        stream.begin();
        return stream;
    }

    private void ended(EventStream stream) {
        if (open.remove(stream)) {
            places.release();
        }
    }

    private static ProblemException full() {
        ProblemException problem = new ProblemException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "As many clients listen to jobs here as may (beacon.limits.streams). Ask again later, or look at the job"
                        + " from time to time.");
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_A_PLACE);
        return problem;
    }

    /** How many clients listen. */
    int listeners() {
        return open.size();
    }

    private void look() {
        try {
            long silent = System.nanoTime() - betweenComments;
            open.stream().filter(stream -> stream.isSilentSince(silent)).forEach(stream -> stream.tell(comment));
            watch.look();
        } catch (RuntimeException | Error unexpected) {
            // A timer whose step throws would never fire again.
            log.error("The look at jobs that are listened to failed; it is repeated", unexpected);
        }
    }

    @Override
    public void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("job-events").factory());
        started.scheduleWithFixedDelay(
                this::look, BETWEEN_LOOKS.toMillis(), BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
        timer = started;
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        if (timer != null) {
            timer.shutdownNow();
        }
        open.forEach(EventStream::end);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Stops when the worker has stopped, and before the web server waits for the requests that are being answered. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 512;
    }
}
