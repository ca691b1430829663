package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ListFilters;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.QueryParameters;
import io.projectbeacon.runner.ledger.DuplicateReader;
import io.projectbeacon.runner.ledger.DuplicateSummaries;
import io.projectbeacon.runner.ledger.DuplicateSummaries.Summary;
import io.projectbeacon.runner.ledger.DuplicateView;
import io.projectbeacon.runner.region.Regions;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What was stopped before it cost anything, when, and what was not: sums of the last hours, and the ledger. */
@Controller
class DuplicatesPage {

    private static final int DEFAULT_HOURS = 24;
    private static final int MOST_HOURS = 168;
    private static final int ROWS = 50;

    private final DuplicateSummaries summaries;
    private final DuplicateReader ledger;
    private final JobScope scope;
    private final ListFilters filters;
    private final Regions regions;
    private final CurlText curl;
    private final Clock clock;

    DuplicatesPage(
            DuplicateSummaries summaries,
            DuplicateReader ledger,
            JobScope scope,
            ListFilters filters,
            Regions regions,
            CurlText curl,
            Clock clock) {
        this.summaries = summaries;
        this.ledger = ledger;
        this.scope = scope;
        this.filters = filters;
        this.regions = regions;
        this.curl = curl;
        this.clock = clock;
    }

    @GetMapping("/duplicates")
    String duplicates(
            @RequestParam(required = false) @Nullable Integer hours,
            @RequestParam(required = false) @Nullable String layer,
            @RequestParam(required = false) @Nullable String outcome,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String since,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable String caller,
            HttpServletRequest request,
            Model model) {
        int window = hours(hours);
        String whose = scope.listed(QueryText.filled(caller));
        DuplicateReader.Filter filter = new DuplicateReader.Filter(
                null,
                whose,
                filters.since(QueryText.filled(since)),
                QueryParameters.word("layer", QueryText.filled(layer), DuplicateLayer.class),
                QueryParameters.word("outcome", QueryText.filled(outcome), DuplicateOutcome.class),
                filters.region(QueryText.filled(region)),
                filters.modelId(QueryText.filled(modelId)));
        Page<DuplicateView> page = ledger.list(filter, QueryParameters.request(QueryText.filled(cursor), ROWS, false));
        QueryText ledgerQuery = new QueryText()
                .and("layer", QueryText.filled(layer))
                .and("outcome", QueryText.filled(outcome))
                .and("region", QueryText.filled(region))
                .and("model_id", QueryText.filled(modelId))
                .and("since", QueryText.filled(since))
                .and("caller", QueryText.filled(caller));
        QueryText query = ledgerQuery.and("hours", window == DEFAULT_HOURS ? null : Integer.toString(window));
        model.addAttribute("filter", filter);
        model.addAttribute("since", QueryText.filled(since));
        model.addAttribute("caller", QueryText.filled(caller));
        model.addAttribute("layers", words(DuplicateLayer.values()));
        model.addAttribute("outcomes", words(DuplicateOutcome.values()));
        model.addAttribute("regions", regions.names());
        model.addAttribute("hours", window);
        model.addAttribute("page", page);
        model.addAttribute("first", QueryText.filled(cursor) == null ? null : query.on("/duplicates"));
        model.addAttribute(
                "next",
                page.next() == null
                        ? null
                        : query.and("cursor", page.next().toString()).on("/duplicates"));
        model.addAttribute("windows", windows(ledgerQuery));
        model.addAttribute("isFiltered", !ledgerQuery.isEmpty());
        model.addAttribute("allowedOnly", ledgerQuery.and("outcome", "allowed").on("/duplicates") + "#ledger");
        model.addAttribute(
                "curl",
                curl.get(
                        request,
                        ledgerQuery.and("limit", Integer.toString(ROWS)).on("/api/v1/duplicates")));
        summarise(model, window, whose);
        return "ui/duplicates";
    }

    private void summarise(Model model, int hours, @Nullable String caller) {
        Instant first = clock.instant().truncatedTo(ChronoUnit.HOURS).minus(Duration.ofHours(hours - 1L));
        Summary summary = summaries.since(first, caller);
        HourTable table = HourTable.of(summary.hours());
        model.addAttribute("summary", summary);
        model.addAttribute("totals", DuplicateTotals.of(summary));
        model.addAttribute(
                "models", summary.models().stream().map(ModelLine::new).toList());
        model.addAttribute("table", table);
        model.addAttribute("chart", HourChart.of(table, first, hours));
        model.addAttribute("from", first);
    }

    private static int hours(@Nullable Integer hours) {
        if (hours != null && (hours < 1 || hours > MOST_HOURS)) {
            throw ProblemException.badParameter("hours", "it must be 1 to " + MOST_HOURS + ", but is " + hours + ".");
        }
        return hours == null ? DEFAULT_HOURS : hours;
    }

    /** A model's part, as it is shown. */
    record ModelLine(DuplicateSummaries.ModelShare share) {

        public String takes() {
            Double seconds = share.seconds();
            return seconds == null ? "not known" : ReportWords.time(seconds);
        }
    }

    /** How long a time is summed up. */
    record Window(int hours, String name, String link) {}

    private static List<Window> windows(QueryText query) {
        return List.of(
                new Window(24, "24 hours", query.on("/duplicates")),
                new Window(72, "3 days", query.and("hours", "72").on("/duplicates")),
                new Window(168, "7 days", query.and("hours", "168").on("/duplicates")));
    }

    private static List<String> words(Enum<?>[] words) {
        return Arrays.stream(words)
                .map(word -> word.name().toLowerCase(Locale.ROOT))
                .toList();
    }
}
