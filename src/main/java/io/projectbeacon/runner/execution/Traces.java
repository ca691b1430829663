package io.projectbeacon.runner.execution;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.projectbeacon.runner.domain.CellWork;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * A trace for each cell that is run: its claims and its calls are spans of it.
 *
 * <p>A trace a job would have ten thousand cells in it and last for hours. The cells of a job are found by the
 * attribute {@code beacon.job_id}. Tracing is off unless it is configured, and then this costs next to nothing.
 */
@Component
class Traces {

    @FunctionalInterface
    interface Step<T> {
        T make() throws InterruptedException;
    }

    private final Tracer tracer;

    Traces(Optional<Tracer> tracer) {
        this.tracer = tracer.orElse(Tracer.NOOP);
    }

    /** Makes the step within a span; the class of the answer is the span's outcome. */
    <T> T span(String name, String jobspecId, CellWork cell, Step<T> step) throws InterruptedException {
        Span span = tracer.nextSpan()
                .name(name)
                .tag("beacon.job_id", jobspecId)
                .tag("beacon.region", cell.region())
                .tag("beacon.model_id", cell.modelId())
                .start();
        Tracer.SpanInScope scope = tracer.withSpan(span);
        try {
            T result = step.make();
            span.tag("beacon.outcome", result.getClass().getSimpleName());
            return result;
        } catch (RuntimeException | InterruptedException failure) {
            span.error(failure);
            throw failure;
        } finally {
            scope.close();
            span.end();
        }
    }
}
