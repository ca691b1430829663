package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.execution.Completion.Kept;
import io.projectbeacon.runner.inference.InferenceClient;
import io.projectbeacon.runner.inference.InferenceRequest;
import io.projectbeacon.runner.inference.InferenceResult;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.Details;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.logs.SparingLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.region.RegionPace;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The calls of one attempt: one for each question that is not answered yet, each answer durable before the next. */
@Component
class AttemptCalls {

    private static final Logger log = LoggerFactory.getLogger(AttemptCalls.class);

    private final SparingLog broken = new SparingLog();
    private final InferenceClient inference;
    private final RegionPace pace;
    private final Completion completion;
    private final BeaconMetrics metrics;
    private final Traces traces;
    private final JsonMapper json;

    AttemptCalls(
            InferenceClient inference,
            RegionPace pace,
            Completion completion,
            BeaconMetrics metrics,
            Traces traces,
            JsonMapper json) {
        this.inference = inference;
        this.pace = pace;
        this.completion = completion;
        this.metrics = metrics;
        this.traces = traces;
        this.json = json;
    }

    /**
     * Asks until every question is answered or a call brings no answer.
     *
     * @return how the attempt ended, or empty when the run, or the attempt, has been replaced
     */
    Optional<AttemptEnd> make(Attempt attempt, CellWork cell, RunHandle handle) throws InterruptedException {
        Answers answers = attempt.answers();
        List<String> questions = cell.questions();
        while (answers.count() < questions.size()) {
            Next next = next(cell, handle, answers.count() == attempt.answers().count());
            if (next != Next.CALL) {
                pace.unused(cell.region());
                return next == Next.PUT_OFF ? Optional.of(new AttemptEnd.PutOff(answers)) : Optional.empty();
            }
            String question = questions.get(answers.count());
            switch (ask(attempt, cell, answers.count())) {
                case Answer answer -> {
                    Optional<AnswerFlag> refused = refused(answer, cell);
                    if (refused.isPresent()) {
                        return Optional.of(new AttemptEnd.Failed(
                                answers, notAccepted(refused.get()), false, true, answer(question, answer)));
                    }
                    answers = answers.and(answer(question, answer));
                }
                case Failure failure -> {
                    if (failure instanceof RetryableFailure notBegun && notBegun.isPaused()) {
                        pace.unused(cell.region());
                        return Optional.of(new AttemptEnd.PutOff(answers));
                    }
                    return Optional.of(end(attempt, answers, failure, text(question, failure)));
                }
            }
            if (answers.count() < questions.size()) {
                switch (completion.answered(attempt, answers)) {
                    case Kept.DURABLE -> answers = answers.durable();
                    case Kept.REPLACED -> {
                        return Optional.empty();
                    }
                    case Kept.REFUSED -> {
                        return Optional.of(AttemptEnd.notStorable(answers.withoutFresh(), true));
                    }
                }
            }
        }
        return Optional.of(new AttemptEnd.Completed(answers));
    }

    /** What is to be done with a question. */
    private enum Next {
        CALL,
        PUT_OFF,
        REPLACED
    }

    /** @throws InterruptedException when the run was interrupted: whatever did that gives the cell its end, or the next run does */
    private Next next(CellWork cell, RunHandle handle, boolean isFirst) throws InterruptedException {
        // Before the first call, the claim has waited already; but the run may have been stopped since.
        if (!mayCall(handle) || (!isFirst && !handle.await(() -> pace.await(cell.region())))) {
            return Next.PUT_OFF;
        }
        // The lease is asked for last, right before the call: a run that was paused here may have lost its job.
        if (!handle.awaitLease()) {
            return Next.REPLACED;
        }
        return mayCall(handle) ? Next.CALL : Next.PUT_OFF; // The wait for the lease may have been long.
    }

    private static boolean mayCall(RunHandle handle) throws InterruptedException {
        if (handle.mayCall()) {
            return true;
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("the run was interrupted before a call");
        }
        return false;
    }

    private static AttemptEnd end(Attempt attempt, Answers answers, Failure failure, @Nullable JsonNode text) {
        return switch (failure) {
            case RetryableFailure retryable ->
                retryable.keyInUse() && retryable.told() != Told.REPLAY && attempt.inDoubtAfter(answers.count())
                        ? new AttemptEnd.StillRunning(answers, retryable.inWords("still_running", retryable.message()))
                        : new AttemptEnd.Failed(answers, retryable, true, false, text);
            case FinalFailure last -> new AttemptEnd.Failed(answers, last, false, false, text);
            case UnknownOutcome unknown -> new AttemptEnd.Unknown(answers, unknown, text);
        };
    }

    private @Nullable JsonNode text(String question, Failure failure) {
        return failure.answer() == null ? null : answer(question, failure.answer());
    }

    /** What of the answer the job counts as a failure; the first, where there are several. */
    private static Optional<AnswerFlag> refused(Answer answer, CellWork cell) {
        return cell.failOn().isEmpty()
                ? Optional.empty()
                : answer.flags().stream().filter(cell.failOn()::contains).findFirst();
    }

    private static FinalFailure notAccepted(AnswerFlag flag) {
        return new FinalFailure(
                "answer_" + flag.wireName(),
                "the provider answered, and the job's constraints.fail_on has " + flag.wireName(),
                null,
                Told.OUTCOME);
    }

    private InferenceResult ask(Attempt attempt, CellWork cell, int number) throws InterruptedException {
        InferenceRequest request = new InferenceRequest(
                attempt.run().jobspecId(),
                cell.region(),
                cell.modelId(),
                cell.conversation().asking(cell.questions().get(number)),
                cell.questions().get(number),
                number,
                attempt.run().keyTag(),
                attempt.keyNumbers().of(number),
                cell.parameters());
        long begin = System.nanoTime();
        boolean sent = true;
        try {
            InferenceResult result = traces.span("call", request.jobspecId(), cell, () -> inference.infer(request));
            sent = !(result instanceof Failure failure) || failure.wasSent();
            return result;
        } catch (RuntimeException unexpected) {
            // How far the call had come is not known, so it counts as one whose end was not seen.
            broken.line(before -> log.atError()
                    .addKeyValue("job_id", attempt.run().jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .addKeyValue("also_before", before)
                    .setCause(unexpected)
                    .log("The call broke; its outcome counts as unknown"));
            return new UnknownOutcome(
                    UnknownCause.UNREADABLE, "internal_error", String.valueOf(unexpected.getMessage()), null);
        } finally {
            if (sent) {
                metrics.inferenceTook(cell.region(), cell.modelId(), Duration.ofNanos(System.nanoTime() - begin));
            }
        }
    }

    private JsonNode answer(String question, Answer answer) {
        ObjectNode node = json.createObjectNode();
        node.put("question", question);
        node.put("response", answer.response());
        node.put("prompt_tokens", answer.promptTokens());
        node.put("completion_tokens", answer.completionTokens());
        addDetails(node, answer.details());
        List<AnswerFlag> marks =
                answer.flags().stream().filter(AnswerFlag::marks).toList();
        if (!marks.isEmpty()) {
            // Completed all the same, and marked so that what is cut or missing is not taken for the whole.
            ArrayNode flagged = node.putArray("flagged");
            marks.forEach(flag -> flagged.add(flag.wireName()));
        }
        return node;
    }

    /** Each name is there, whether the provider gave a value or not, so that a reader need not ask. */
    private static void addDetails(ObjectNode node, Details details) {
        node.put("finish_reason", details.finishReason());
        node.put("refusal", details.refusal());
        node.put("reasoning", details.reasoning());
        node.set("tool_calls", details.toolCalls());
        node.put("model", details.model());
        node.put("provider_request_id", details.requestId());
        node.put("system_fingerprint", details.fingerprint());
        node.set("usage", details.usage());
        node.put("cost", details.cost());
    }
}
