package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.execution.ExecutionReader;
import io.projectbeacon.runner.execution.ExecutionView;
import io.projectbeacon.runner.intake.NoRoom;
import io.projectbeacon.runner.job.JobCells;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.ui.CellDetail.Answer;
import io.projectbeacon.runner.ui.CellDetail.Detail;
import io.projectbeacon.runner.ui.CellDetail.Exchange;
import io.projectbeacon.runner.ui.CellDetail.Failure;
import io.projectbeacon.runner.ui.CellDetail.Message;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Puts together what is known of one cell: its work, its row, and the ledger. */
@Component
class CellDetails {

    private static final String NOT_KNOWN = "not known";

    /** The text, what it is taken apart into, and its bytes on their way. */
    private static final long OF_A_CHARACTER = 3;

    private final JobCells cells;
    private final ExecutionReader executions;
    private final CellLists lists;
    private final JsonMapper json;

    CellDetails(JobCells cells, ExecutionReader executions, CellLists lists, JsonMapper json) {
        this.cells = cells;
        this.executions = executions;
        this.lists = lists;
        this.json = json;
    }

    /** @throws io.projectbeacon.runner.arrival.NoRoomException when other requests take the memory */
    CellDetail of(JobView job, String region, String modelId, HttpServletRequest request) {
        Optional<CellWork> work = cells.work(job, region, modelId);
        Optional<ExecutionView> row = row(job, region, modelId);
        row.ifPresent(read -> hold(request, read.answers().length()));
        if (work.isEmpty() && row.isEmpty()) {
            return CellDetail.none(region, modelId);
        }
        String status = row.map(ExecutionView::status).orElse("pending");
        return new CellDetail(
                region,
                modelId,
                status,
                row.isPresent() ? !status.equals(ExecutionStatus.RUNNING.wireName()) : isOver(job),
                row.map(CellDetails::took).orElse("–"),
                work.map(CellDetails::context).orElse(List.of()),
                work.map(CellWork::parameters)
                        .filter(parameters -> !parameters.isEmpty())
                        .map(JsonNode::toPrettyString)
                        .orElse(null),
                exchanges(
                        work.map(CellWork::questions).orElse(List.of()),
                        row.map(ExecutionView::answers).map(json::readTree).orElse(null)),
                row.map(ExecutionView::error).map(this::failure).orElse(null),
                row.map(CellDetail::tries).orElse(List.of()),
                lists.sentences(job, new Cell(job.jobId(), region, modelId)));
    }

    private static void hold(HttpServletRequest request, long characters) {
        long bytes = OF_A_CHARACTER * characters;
        ArrivingRequest.of(request).reading().grow(bytes, bytes <= MemoryBudget.SMALL_BODY, NoRoom.PATIENCE);
    }

    private static boolean isOver(JobView job) {
        return JobStatus.of(job.status()).isFinal();
    }

    private Optional<ExecutionView> row(JobView job, String region, String modelId) {
        ExecutionReader.Filter filter = new ExecutionReader.Filter(region, modelId, null, null);
        return executions.list(job.jobId(), filter, new Page.Request(null, 1, false)).items().stream()
                .findFirst();
    }

    private static String took(ExecutionView row) {
        return row.durationMs() == null ? "–" : ReportWords.time(Duration.ofMillis(row.durationMs()));
    }

    /** A conversation that is nothing but the question is not worth saying. */
    private static List<Message> context(CellWork work) {
        if (work.conversation().equals(Conversation.plain())) {
            return List.of();
        }
        return work.conversation()
                .messages()
                .valueStream()
                .map(message ->
                        new Message(message.path("role").asString(""), Conversation.text(message.path("content"))))
                .toList();
    }

    /** Each question, answered or not. Of a job whose content has been erased there are none. */
    private static List<Exchange> exchanges(List<String> questions, @Nullable JsonNode answers) {
        List<Exchange> exchanges = new ArrayList<>();
        int answered = answers == null ? 0 : answers.size();
        for (int n = 0; n < Math.max(questions.size(), answered); n++) {
            JsonNode answer = answers != null && n < answered ? answers.get(n) : null;
            String question =
                    answer == null ? questions.get(n) : answer.path("question").asString("");
            exchanges.add(new Exchange(n + 1, question, answer == null ? null : answer(answer)));
        }
        return exchanges;
    }

    private static Answer answer(JsonNode answer) {
        List<Detail> details = new ArrayList<>();
        details.add(new Detail("Finish reason", text(answer, "finish_reason", NOT_KNOWN)));
        details.add(new Detail("Tokens of the prompt", text(answer, "prompt_tokens", NOT_KNOWN)));
        details.add(new Detail("Tokens of the answer", text(answer, "completion_tokens", NOT_KNOWN)));
        if (answer.path("flagged").isArray()) {
            List<String> marks =
                    answer.path("flagged").valueStream().map(JsonNode::asString).toList();
            details.add(new Detail("Marks", String.join(", ", marks)));
        }
        addIfKnown(details, "Model that answered", answer, "model");
        addIfKnown(details, "Provider's id of the request", answer, "provider_request_id");
        addIfKnown(details, "Cost, as the provider says", answer, "cost");
        return new Answer(
                text(answer, "response", ""),
                details,
                nullable(answer, "reasoning"),
                nullable(answer, "refusal"),
                pretty(answer.path("tool_calls")));
    }

    private static void addIfKnown(List<Detail> details, String name, JsonNode answer, String field) {
        String value = nullable(answer, field);
        if (value != null) {
            details.add(new Detail(name, value));
        }
    }

    private Failure failure(ExecutionView.ErrorView error) {
        List<Detail> details = new ArrayList<>();
        details.add(new Detail("Provider", error.provider()));
        if (error.httpStatus() != null) {
            details.add(new Detail("HTTP status", error.httpStatus().toString()));
        }
        details.add(new Detail("May pass by itself", error.retryable() ? "yes" : "no"));
        details.add(new Detail("Paid for", error.paid() ? "yes" : "no"));
        return new Failure(
                error.code(),
                error.message(),
                details,
                error.answer() == null ? null : pretty(json.readTree(error.answer())));
    }

    private static String text(JsonNode answer, String field, String unless) {
        String value = nullable(answer, field);
        return value == null ? unless : value;
    }

    private static @Nullable String nullable(JsonNode answer, String field) {
        JsonNode value = answer.path(field);
        return value.isMissingNode() || value.isNull()
                ? null
                : value.isString() ? value.stringValue() : value.toString();
    }

    private static @Nullable String pretty(JsonNode value) {
        return value.isMissingNode() || value.isNull() ? null : value.toPrettyString();
    }
}
