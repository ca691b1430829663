package io.projectbeacon.runner.execution;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.projectbeacon.runner.domain.CellWork;
import java.util.Objects;
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

    /** Begins the trace of a cell; it ends with {@link #end} or {@link #failed}, on any thread. */
    Span begin(String jobspecId, CellWork cell) {
        return started(tracer.nextSpan(), "cell", jobspecId, cell);
    }

    /** Begins a span of a cell's trace, which ends as a trace does. */
    Span begin(String name, Span trace, String jobspecId, CellWork cell) {
        return started(Objects.requireNonNull(tracer.nextSpan(trace)), name, jobspecId, cell);
    }

    /** The class of the outcome is the span's. */
    void end(Span span, Object outcome) {
        span.tag("beacon.outcome", outcome.getClass().getSimpleName()).end();
    }

    void failed(Span span, Throwable failure) {
        span.error(failure).end();
    }

    /** Makes the step with the trace as the one of this thread. */
    <T> T within(Span trace, Step<T> step) throws InterruptedException {
        Tracer.SpanInScope scope = tracer.withSpan(trace);
        try {
            return step.make();
        } finally {
            scope.close();
        }
    }

    /** Makes the step within a span of this thread's trace. */
    <T> T span(String name, String jobspecId, CellWork cell, Step<T> step) throws InterruptedException {
        Span span = started(tracer.nextSpan(), name, jobspecId, cell);
        try {
            T result = within(span, step);
            end(span, result);
            return result;
        } catch (RuntimeException | InterruptedException failure) {
            failed(span, failure);
            throw failure;
        }
    }

    private static Span started(Span span, String name, String jobspecId, CellWork cell) {
        return span.name(name)
                .tag("beacon.job_id", jobspecId)
                .tag("beacon.region", cell.region())
                .tag("beacon.model_id", cell.modelId())
                .start();
    }
}
