package io.projectbeacon.runner.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Takes the JobSpecs of a batch in, each as if it had come alone: it is durable before its result is given, and one that is
 * refused does not stop the others. Several are stored at once, but of those that name the same job the first one first.
 */
@Component
class BatchIntake {

    private static final Logger log = LoggerFactory.getLogger(BatchIntake.class);

    /** As many as share the pool's connections with the runs of this replica. */
    private static final int AT_ONCE = 8;

    /** What came of one item, in the words of a request of its own. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            int index,
            int status,
            @Nullable String id,
            @Nullable String location,
            @Nullable Boolean idempotentReplayed,
            @Nullable ProblemDetail problem) {

        static Result taken(int index, JobIntake.Taken taken) {
            String id = taken.job().id();
            HttpStatus status = taken.replayed() ? HttpStatus.OK : HttpStatus.ACCEPTED;
            return new Result(
                    index, status.value(), id, "/api/v1/jobs/" + id, taken.replayed() ? Boolean.TRUE : null, null);
        }

        static Result refused(int index, ProblemDetail problem) {
            return new Result(index, problem.getStatus(), null, null, null, problem);
        }
    }

    /** Where the results go, in the order of the items. */
    @FunctionalInterface
    interface Results {
        void add(Result result) throws IOException;
    }

    private record Pending(@Nullable String name, Future<Result> result) {}

    private final JobIntake intake;

    BatchIntake(JobIntake intake) {
        this.intake = intake;
    }

    void take(BatchItems items, @Nullable String idempotencyKey, Results results) throws IOException {
        Deque<Pending> pending = new ArrayDeque<>();
        Map<String, Future<Result>> underWay = new HashMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            boolean more = true;
            for (int index = 0; more; index++) {
                Pending next = begin(index, items, idempotencyKey, threads, underWay);
                more = next != null;
                if (next != null) {
                    pending.add(next);
                }
                while (!pending.isEmpty() && (!more || pending.size() == AT_ONCE)) {
                    Pending first = pending.remove();
                    results.add(get(first.result()));
                    underWay.remove(first.name(), first.result());
                }
            }
        }
    }

    private @Nullable Pending begin(
            int index,
            BatchItems items,
            @Nullable String idempotencyKey,
            ExecutorService threads,
            Map<String, Future<Result>> underWay)
            throws IOException {
        try {
            BatchItems.Item item = items.next();
            if (item == null) {
                return null;
            }
            byte[] bytes = item.bytes();
            if (bytes == null) {
                throw new ProblemException(
                        HttpStatus.CONTENT_TOO_LARGE,
                        "The item is larger than beacon.limits.body allows. Split the job, or raise the limit.");
            }
            JobIntake.Read read = intake.read(bytes, idempotencyKey == null ? null : idempotencyKey + "/" + index);
            String name = read.job().jobspecId();
            Future<Result> before = underWay.get(name);
            Future<Result> result = threads.submit(() -> {
                if (before != null) {
                    get(before);
                }
                return answer(index, () -> Result.taken(index, intake.store(read)));
            });
            underWay.put(name, result);
            return new Pending(name, result);
        } catch (ProblemException refused) {
            Result result = Result.refused(index, refused.getBody());
            return new Pending(null, threads.submit(() -> result));
        }
    }

    private static Result answer(int index, Callable<Result> store) throws Exception {
        try {
            return store.call();
        } catch (ProblemException refused) {
            return Result.refused(index, refused.getBody());
        } catch (DataAccessException | TransactionException failure) {
            if (Problems.isAway(failure)) {
                return Result.refused(index, Problems.databaseAway());
            }
            log.error("An item of a batch broke", failure);
            return Result.refused(index, Problems.broken());
        }
    }

    private static Result get(Future<Result> result) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true; // The item is stored or not, whoever waits.
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
