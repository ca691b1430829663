package io.projectbeacon.runner.bench;

import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import org.jobrunr.jobs.lambdas.JobRequest;
import org.jobrunr.jobs.lambdas.JobRequestHandler;
import org.jobrunr.jobs.mappers.JobMapper;
import org.jobrunr.scheduling.JobRequestScheduler;
import org.jobrunr.server.BackgroundJobServer;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.storage.StorageProvider;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;
import org.jobrunr.utils.mapper.JsonMapper;
import org.jobrunr.utils.mapper.jackson3.Jackson3JsonMapper;
import org.jspecify.annotations.Nullable;

/**
 * JobRunr's open-source edition on PostgreSQL, with virtual threads, which are its default and which its documentation
 * recommends for throughput. It has 16 workers a core unless told otherwise, and fetches as many jobs at once as it has
 * free workers: of 32, 100 and 400, measured alternately, more were faster.
 */
final class JobRunrPeer implements Contender {

    private static final int WORKERS = 400;
    private static final int CONNECTIONS = 32;

    /** The peer by which the handlers count; static, since JobRunr makes the handlers. */
    private static volatile @Nullable Peer current;

    /** The job that costs nothing. */
    public record Cell(int number) implements JobRequest {
        @Override
        public Class<Handler> getJobRequestHandler() {
            return Handler.class;
        }
    }

    /** Made by JobRunr. */
    public static final class Handler implements JobRequestHandler<Cell> {
        @Override
        public void run(Cell cell) {
            Objects.requireNonNull(current).execute();
        }
    }

    private final Peer peer = new Peer(CONNECTIONS);
    private final JsonMapper json = new Jackson3JsonMapper();
    private final StorageProvider storage = new PostgresStorageProvider(peer.pool());
    private final JobRequestScheduler scheduler;

    private @Nullable BackgroundJobServer server;

    JobRunrPeer() {
        storage.setJobMapper(new JobMapper(json));
        scheduler = new JobRequestScheduler(storage);
    }

    @Override
    public String name() {
        return "JobRunr OSS, " + WORKERS + " virtual threads";
    }

    @Override
    public int fill(int executions) {
        scheduler.enqueue(Stream.iterate(0, n -> n + 1).limit(executions).map(Cell::new));
        peer.ready(executions);
        return executions;
    }

    @Override
    public Duration drain() throws InterruptedException {
        current = peer;
        BackgroundJobServer started = new BackgroundJobServer(
                storage,
                json,
                null,
                BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
                        .andWorkerCount(WORKERS)
                        .andPollInterval(Duration.ofSeconds(5)));
        server = started;
        started.start();
        return peer.ended("SELECT 1 FROM jobrunr_jobs WHERE state IN ('ENQUEUED', 'PROCESSING')");
    }

    @Override
    public void rest() {
        Objects.requireNonNull(server).stop();
        peer.rest();
    }

    @Override
    public void close() {
        peer.close();
    }
}
