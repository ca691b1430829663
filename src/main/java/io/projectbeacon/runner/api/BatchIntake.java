package io.projectbeacon.runner.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.intake.JobIntake;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.NoRoom;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.RequestId;
import io.projectbeacon.runner.job.JobKey;
import io.projectbeacon.runner.job.NewJob;
import io.projectbeacon.runner.logs.SparingLog;
import io.projectbeacon.runner.security.RateLimits;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;

/**
 * Takes in the JobSpecs of a batch, each as if it had been sent alone: it is durable before its result is given, and a
 * refused item does not stop the others. Items are stored concurrently, items that name the same job in their order.
 */
@Component
class BatchIntake {

    private static final Logger log = LoggerFactory.getLogger(BatchIntake.class);
    private static final SparingLog FAILURES = new SparingLog();

    /** The most items under way: as many as go to the database together, and as many again that are read meanwhile. */
    private static final int AT_ONCE = 200;

    /**
     * The result of one item, with what a request for that item alone would be answered.
     *
     * @param retryAfter in seconds: the value of the header {@code Retry-After} in that answer
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            int index,
            int status,
            @Nullable String id,
            @Nullable String location,
            @Nullable Boolean idempotentReplayed,
            @Nullable Integer retryAfter,
            @Nullable ProblemDetail problem) {

        static Result taken(int index, Caller caller, JobIntake.Taken taken) {
            String id = taken.job().id();
            HttpStatus status = taken.replayed() ? HttpStatus.OK : HttpStatus.ACCEPTED;
            return new Result(
                    index,
                    status.value(),
                    id,
                    JobScope.location(caller, taken.name()),
                    taken.replayed() ? Boolean.TRUE : null,
                    null,
                    null);
        }

        static Result refused(int index, ProblemException refused) {
            String seconds = refused.getHeaders().getFirst(HttpHeaders.RETRY_AFTER);
            Map<String, Object> told = refused.getBody().getProperties();
            String id = told == null || !told.containsKey("stored") ? null : (String) told.get("id");
            return new Result(
                    index,
                    refused.getBody().getStatus(),
                    id,
                    null,
                    null,
                    seconds == null ? null : Integer.valueOf(seconds),
                    refused.getBody());
        }

        static Result refused(int index, @Nullable Integer retryAfter, ProblemDetail problem) {
            return new Result(index, problem.getStatus(), null, null, null, retryAfter, problem);
        }
    }

    /** Receives the results, in the order of the items. */
    interface Results {

        void add(Result result) throws IOException;

        /** Sends what has been added; called when no further item is under way. */
        void flush() throws IOException;
    }

    /**
     * An item under way.
     *
     * @param memory what the item and its result take, until the result has been added
     */
    private record Pending(@Nullable String name, Future<Result> result, MemoryShare.@Nullable Reservation memory) {

        void close() {
            if (memory != null) {
                memory.close();
            }
        }
    }

    private static final Pending END = new Pending(null, new CompletableFuture<>(), null);

    private final JobIntake intake;
    private final RateLimits rates;

    BatchIntake(JobIntake intake, RateLimits rates) {
        this.intake = intake;
        this.rates = rates;
    }

    /** Returns when the last result has been added. Another thread adds results while items are still being read. */
    void take(BatchItems items, Caller caller, @Nullable String idempotencyKey, Results results) throws IOException {
        BlockingQueue<Pending> pending = new LinkedBlockingQueue<>(AT_ONCE);
        Map<String, Future<Result>> underWay = new ConcurrentHashMap<>();
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(RequestId.threads())) {
            int index = 0;
            Pending next = begin(index, items, caller, idempotencyKey, threads, underWay);
            if (next == null) {
                return;
            }
            // Not before the first item is there: a client may hold many connections and send next to nothing.
            Future<?> answering = threads.submit(() -> {
                answer(pending, underWay, results);
                return null;
            });
            try {
                while (next != null && !answering.isDone()) {
                    put(pending, next, answering);
                    next = begin(++index, items, caller, idempotencyKey, threads, underWay);
                }
            } finally {
                put(pending, END, answering);
            }
            answering.get();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException gone) {
                throw gone;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            pending.forEach(Pending::close); // None, unless the client has gone.
        }
    }

    /** Waits for capacity in the queue, but not after the answering thread has ended: the client may have gone. */
    private static void put(BlockingQueue<Pending> pending, Pending next, Future<?> answering)
            throws InterruptedException {
        boolean queued = false;
        while (!queued && !answering.isDone()) {
            // While the queue is full, check again that the answering thread has not ended.
            queued = pending.offer(next, 100, TimeUnit.MILLISECONDS);
        }
        if (!queued) {
            next.close();
        }
    }

    private static void answer(BlockingQueue<Pending> pending, Map<String, Future<Result>> underWay, Results results)
            throws IOException, InterruptedException {
        for (Pending next = pending.take(); next != END; next = pending.take()) {
            try {
                results.add(get(next.result()));
            } finally {
                next.close();
            }
            if (next.name() != null) {
                underWay.remove(next.name(), next.result());
            }
            if (pending.isEmpty()) {
                results.flush();
            }
        }
    }

    private @Nullable Pending begin(
            int index,
            BatchItems items,
            Caller caller,
            @Nullable String idempotencyKey,
            ExecutorService threads,
            Map<String, Future<Result>> underWay)
            throws IOException {
        MemoryShare.Reservation memory = intake.open();
        Pending begun = null;
        try {
            BatchItems.Item item = items.next();
            if (item != null) {
                requireRate(index, caller);
                JobKey key = idempotencyKey == null ? null : new JobKey(caller.name(), idempotencyKey, index);
                begun = store(index, caller, read(item, caller, key, memory), memory, threads, underWay);
            }
        } catch (ProblemException refused) {
            begun = new Pending(null, CompletableFuture.completedFuture(Result.refused(index, refused)), memory);
        } catch (NoRoomException full) {
            begun = new Pending(
                    null, CompletableFuture.completedFuture(Result.refused(index, NoRoom.problem())), memory);
        } finally {
            if (begun == null) {
                memory.close();
            }
        }
        return begun;
    }

    /** Each item counts as a request: the first was counted when the head of the batch came. */
    private void requireRate(int index, Caller caller) {
        if (index > 0) {
            rates.countItem(caller).ifPresent(refused -> {
                ProblemException problem = new ProblemException(HttpStatus.TOO_MANY_REQUESTS, refused.detail());
                problem.getHeaders().set(HttpHeaders.RETRY_AFTER, String.valueOf(refused.retryAfter()));
                throw problem;
            });
        }
    }

    /** Never as a small body: clients that don't read their results would take the memory kept for others' small bodies. */
    private NewJob read(BatchItems.Item item, Caller caller, @Nullable JobKey key, MemoryShare.Reservation memory) {
        byte[] bytes = item.bytes();
        if (bytes == null) {
            throw Objects.requireNonNull(item.problem());
        }
        return intake.read(bytes, caller, key, false, memory);
    }

    private Pending store(
            int index,
            Caller caller,
            NewJob job,
            MemoryShare.Reservation memory,
            ExecutorService threads,
            Map<String, Future<Result>> underWay) {
        String name = job.name().id();
        Future<Result> before = underWay.get(name);
        Future<Result> result = threads.submit(() -> {
            if (before != null) {
                get(before);
            }
            return answer(index, () -> Result.taken(index, caller, intake.store(job, memory)));
        });
        underWay.put(name, result);
        return new Pending(name, result, memory);
    }

    private static Result answer(int index, Callable<Result> store) throws Exception {
        try {
            return store.call();
        } catch (ProblemException refused) {
            return Result.refused(index, refused);
        } catch (RuntimeException failure) {
            if (Problems.isAway(failure)) {
                return Result.refused(index, ProblemException.SECONDS_UNTIL_DATABASE, Problems.databaseAway());
            }
            // The other items are still answered.
            FAILURES.line(before -> log.atError()
                    .setCause(failure)
                    .addKeyValue("also_before", before)
                    .log("Answering 500 for an item of a batch"));
            return Result.refused(index, null, Problems.broken());
        }
    }

    private static Result get(Future<Result> result) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true; // An interrupt does not decide whether the item is stored.
                } catch (ExecutionException broken) {
                    throw new IllegalStateException(broken.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
