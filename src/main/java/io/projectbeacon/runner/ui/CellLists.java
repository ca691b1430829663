package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.execution.ExecutionReader;
import io.projectbeacon.runner.execution.MatrixReader;
import io.projectbeacon.runner.execution.MatrixReader.Standing;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.ledger.DuplicateReader;
import io.projectbeacon.runner.ledger.DuplicateView;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Lists the cells of a job that have one state, belong to one model or region, or were met twice. */
@Component
class CellLists {

    /** What is listed; a null matches all. */
    record Wanted(
            CellChoice choice,
            @Nullable String region,
            @Nullable String modelId,
            Page.Request page) {}

    private final MatrixReader cells;
    private final DuplicateReader duplicates;

    CellLists(MatrixReader cells, DuplicateReader duplicates) {
        this.cells = cells;
        this.duplicates = duplicates;
    }

    CellList of(JobView job, Wanted wanted, JobLinks links) {
        if (wanted.choice() == CellChoice.STOPPED) {
            Page<DuplicateView> page = ledger(job, wanted.region(), wanted.modelId(), wanted.page());
            return new CellList(title(wanted), items(job, page.items(), links), next(page, wanted, links));
        }
        ExecutionReader.Filter filter = new ExecutionReader.Filter(
                wanted.region(),
                wanted.modelId(),
                wanted.choice().status(),
                wanted.choice() == CellChoice.FLAGGED ? "true" : null);
        Page<MatrixReader.Row> page = cells.rows(job.jobId(), filter, wanted.page());
        return new CellList(
                title(wanted),
                page.items().stream().map(row -> item(row, links)).toList(),
                next(page, wanted, links));
    }

    /** The newest entries of the job's ledger, each with its sentence. */
    List<CellList.Item> newestDuplicates(JobView job, int most, JobLinks links) {
        Page<DuplicateView> page = ledger(job, null, null, new Page.Request(null, most, false));
        return items(job, page.items(), links);
    }

    /** What was met of one cell, in sentences. */
    List<String> sentences(JobView job, Cell cell) {
        List<DuplicateView> entries = ledger(job, cell.region(), cell.modelId(), new Page.Request(null, 100, false))
                .items();
        Map<Cell, Standing> standing = cells.standing(job.jobId(), List.of(cell));
        return entries.stream()
                .map(entry -> DuplicateSentence.of(entry, standing.get(cell)))
                .toList();
    }

    private Page<DuplicateView> ledger(
            JobView job, @Nullable String region, @Nullable String modelId, Page.Request page) {
        return duplicates.list(new DuplicateReader.Filter(job.jobId(), null, null, null, null, region, modelId), page);
    }

    private List<CellList.Item> items(JobView job, List<DuplicateView> entries, JobLinks links) {
        Map<Cell, Standing> standing = cells.standing(
                job.jobId(),
                entries.stream().map(entry -> cell(job, entry)).distinct().toList());
        return entries.stream()
                .map(entry -> item(entry, standing.get(cell(job, entry)), links))
                .toList();
    }

    private static Cell cell(JobView job, DuplicateView entry) {
        return new Cell(job.jobId(), entry.region(), entry.modelId());
    }

    private static CellList.Item item(DuplicateView entry, @Nullable Standing standing, JobLinks links) {
        return new CellList.Item(
                entry.modelId(),
                entry.region(),
                links.cell(entry.region(), entry.modelId()),
                standing == null ? null : standing.status().wireName(),
                false,
                "–",
                standing == null || standing.took() == null ? "–" : ReportWords.time(standing.took()),
                DuplicateSentence.of(entry, standing));
    }

    private static CellList.Item item(MatrixReader.Row row, JobLinks links) {
        String code = row.code() == null ? "" : row.code();
        return new CellList.Item(
                row.modelId(),
                row.region(),
                links.cell(row.region(), row.modelId()),
                row.status().wireName(),
                row.flagged(),
                ReportWords.number(row.attempt()),
                row.took() == null ? "–" : ReportWords.time(row.took()),
                row.message() == null ? code : code + ": " + row.message());
    }

    private static String title(Wanted wanted) {
        String which = switch (wanted.choice()) {
            case ALL -> "All cells that have been claimed";
            case STOPPED -> "Cells of which a duplicate was met";
            case FLAGGED -> "Cells with a mark on an answer";
            case FAILED, UNKNOWN, CANCELLED, RUNNING, COMPLETED ->
                "Cells that are " + wanted.choice().word();
        };
        return which
                + (wanted.modelId() == null ? "" : ", of " + wanted.modelId())
                + (wanted.region() == null ? "" : ", in " + wanted.region());
    }

    private static @Nullable String next(Page<?> page, Wanted wanted, JobLinks links) {
        return page.next() == null
                ? null
                : links.query()
                        .and("region", wanted.region())
                        .and("model_id", wanted.modelId())
                        .and("cursor", page.next().toString())
                        .on(links.path());
    }
}
