package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceClient;
import io.projectbeacon.runner.inference.InferenceRequest;
import io.projectbeacon.runner.inference.InferenceResult;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.DuplicateLayer;
import io.projectbeacon.runner.metrics.DuplicateOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Takes one cell through its steps: claim it or stop, ask its questions, record the end. */
@Component
public class CellRunner {

    private static final Logger log = LoggerFactory.getLogger(CellRunner.class);

    private final ClaimGate gate;
    private final InferenceClient inference;
    private final Completion completion;
    private final DuplicateLedger ledger;
    private final PatientWriter writer;
    private final BeaconMetrics metrics;
    private final JsonMapper json;

    CellRunner(
            ClaimGate gate,
            InferenceClient inference,
            Completion completion,
            DuplicateLedger ledger,
            PatientWriter writer,
            BeaconMetrics metrics,
            JsonMapper json) {
        this.gate = gate;
        this.inference = inference;
        this.completion = completion;
        this.ledger = ledger;
        this.writer = writer;
        this.metrics = metrics;
        this.json = json;
    }

    /**
     * Runs the cell once, or says why not.
     *
     * @throws InterruptedException when the run was ended while a call was under way: nothing more is written, and
     *     whoever takes the job over finds the attempt without an end
     */
    public CellOutcome run(Run run, CellWork cell, Lease lease) throws InterruptedException {
        // Not only before the call: a cell that waits for the lease should not be claimed yet.
        if (!lease.await()) {
            return new CellOutcome.TurnedAway();
        }
        UUID claimId = UUID.randomUUID();
        Claim claim;
        try {
            claim = writer.once(() -> gate.claim(run, cell.region(), cell.modelId(), claimId));
        } catch (DataAccessException | TransactionException unchecked) {
            metrics.claimFailed();
            return new CellOutcome.CheckFailed(unchecked);
        }
        return switch (claim) {
            case Claim.Claimed claimed -> call(run, cell, lease, claimed);
            case Claim.Stopped stopped -> skip(run, cell, stopped, claimId);
            case Claim.Held held -> {
                metrics.executionUnknown(cell.region(), cell.modelId());
                metrics.executionFinished(cell.region(), cell.modelId(), ExecutionStatus.UNKNOWN.wireName());
                yield new CellOutcome.Left();
            }
            case Claim.Left left -> new CellOutcome.Left();
            case Claim.TurnedAway turnedAway -> new CellOutcome.TurnedAway();
        };
    }

    private CellOutcome skip(Run run, CellWork cell, Claim.Stopped stopped, UUID event) {
        log.atWarn()
                .addKeyValue("job_id", run.jobspecId())
                .addKeyValue("region", cell.region())
                .addKeyValue("model_id", cell.modelId())
                .addKeyValue("existing_count", stopped.existingCount())
                .log("🛑 AUTO-STOP: Duplicate execution detected, skipping");
        // What ran under this very run was met twice within it; anything else was met because of how the run began.
        DuplicateLayer layer = stopped.existingFence() == run.fence()
                ? DuplicateLayer.CLAIM
                : run.cause().layer();
        ledger.record(
                run,
                cell.region(),
                cell.modelId(),
                layer,
                DuplicateOutcome.DETECTED,
                new DuplicateLedger.Existing(stopped.executionId(), stopped.existingStatus(), stopped.existingCount()),
                event);
        return new CellOutcome.DuplicateSkipped(stopped.existingStatus(), stopped.existingCount());
    }

    private CellOutcome call(Run run, CellWork cell, Lease lease, Claim.Claimed claimed) throws InterruptedException {
        if (claimed.orphaned()) {
            metrics.executionUnknown(cell.region(), cell.modelId());
        }
        Attempt attempt = new Attempt(run, cell.region(), cell.modelId(), claimed.executionId(), claimed.attempt());
        List<JsonNode> answers = new ArrayList<>(claimed.answers());
        while (answers.size() < cell.questions().size()) {
            // The lease is asked for last, right before the call: a run that was paused here has lost its job
            // meanwhile.
            if (!lease.await()) {
                return new CellOutcome.TurnedAway();
            }
            switch (ask(run, cell, claimed, answers.size())) {
                case Answer answer -> answers.add(answer(cell.questions().get(answers.size()), answer));
                case RetryableFailure failure -> {
                    return end(attempt, new AttemptEnd.Failed(answers, failure, true));
                }
                case FinalFailure failure -> {
                    return end(attempt, new AttemptEnd.Failed(answers, failure, false));
                }
                case UnknownOutcome failure -> {
                    return end(attempt, new AttemptEnd.Unknown(answers, failure));
                }
            }
            boolean more = answers.size() < cell.questions().size();
            if (more && !completion.answered(attempt, answers)) {
                return new CellOutcome.TurnedAway();
            }
        }
        return end(attempt, new AttemptEnd.Completed(answers));
    }

    private CellOutcome end(Attempt attempt, AttemptEnd end) {
        return completion
                .ended(attempt, end)
                .<CellOutcome>map(CellOutcome.Ended::new)
                .orElseGet(CellOutcome.TurnedAway::new);
    }

    private InferenceResult ask(Run run, CellWork cell, Claim.Claimed claimed, int number) throws InterruptedException {
        InferenceRequest request = new InferenceRequest(
                run.jobspecId(),
                cell.region(),
                cell.modelId(),
                cell.model(),
                cell.questions().get(number),
                number,
                claimed.definiteFailures(),
                cell.maxTokens());
        long begin = System.nanoTime();
        try {
            return inference.infer(request);
        } catch (RuntimeException unexpected) {
            // Nobody can say how far the call had come, so it counts as one whose end was not seen.
            log.atError()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .setCause(unexpected)
                    .log("The call broke; its outcome counts as unknown");
            return new UnknownOutcome("internal_error", String.valueOf(unexpected.getMessage()), null);
        } finally {
            metrics.inferenceTook(cell.region(), cell.modelId(), Duration.ofNanos(System.nanoTime() - begin));
        }
    }

    private JsonNode answer(String question, Answer answer) {
        ObjectNode node = json.createObjectNode();
        node.put("question", question);
        node.put("response", answer.response());
        node.put("prompt_tokens", answer.promptTokens());
        node.put("completion_tokens", answer.completionTokens());
        if (answer.response().isEmpty()) {
            node.put(
                    "empty", true); // A model may say nothing: completed, and marked so that nobody takes it for a gap.
        }
        return node;
    }
}
