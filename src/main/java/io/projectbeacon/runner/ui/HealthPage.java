package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.execution.RunnersReader;
import io.projectbeacon.runner.execution.RunnersReader.Runners;
import io.projectbeacon.runner.job.ClosedRegions;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.region.RegionStates;
import io.projectbeacon.runner.security.Callers;
import io.projectbeacon.runner.worker.OwnWork;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/**
 * How the service is: its servers, the runners that have cells under way, the regions. It names no job, so every viewer may
 * see all of it; what an operator has to mend is told in full to operators, as by {@code /actuator/health}.
 */
@Controller
class HealthPage {

    private static final Logger log = LoggerFactory.getLogger(HealthPage.class);

    private static final ServerLine.Words DATABASE = new ServerLine.Words(
            "PostgreSQL", "takes writes", "jobs are neither accepted nor started until it takes writes again");
    private static final ServerLine.Words REDIS = new ServerLine.Words(
            "Redis", "sets locks", "jobs are accepted, and start when it sets locks again; those that run go on");
    private static final ServerLine.Words LOCKS = new ServerLine.Words(
            "Locks of jobs",
            "none is broken",
            "some jobs do not start until an operator deletes a key in Redis; all others do");

    private final HealthContributorRegistry health;
    private final RunnersReader runners;
    private final RegionStates regions;
    private final ClosedRegions closedRegions;
    private final OwnWork own;
    private final RunnerName name;
    private final BeaconGauges gauges;
    private final Callers callers;
    private final CurlText curl;

    HealthPage(
            HealthContributorRegistry health,
            RunnersReader runners,
            RegionStates regions,
            ClosedRegions closedRegions,
            OwnWork own,
            RunnerName name,
            BeaconGauges gauges,
            Callers callers,
            CurlText curl) {
        this.health = health;
        this.runners = runners;
        this.regions = regions;
        this.closedRegions = closedRegions;
        this.own = own;
        this.name = name;
        this.gauges = gauges;
        this.callers = callers;
        this.curl = curl;
    }

    @GetMapping("/health")
    String page(HttpServletRequest request, Model model) {
        look(model);
        // The whole of it is for operators; that the service is ready is for everybody.
        boolean isOperator = callers.current().has(Role.OPERATOR);
        model.addAttribute("curl", curl.get(request, isOperator ? "/actuator/health" : "/actuator/health/readiness"));
        return "ui/health";
    }

    @GetMapping("/ui/health")
    String live(Model model) {
        look(model);
        return "ui/health :: live";
    }

    private void look(Model model) {
        boolean isOperator = callers.current().has(Role.OPERATOR);
        ServerLine database = ServerLine.of(health, "db", DATABASE, isOperator);
        ServerLine redis = ServerLine.of(health, "redis", REDIS, isOperator);
        model.addAttribute("database", database);
        model.addAttribute("redis", redis);
        model.addAttribute("locks", ServerLine.of(health, "locks", LOCKS, isOperator));
        Runners working = database.isUp() ? read(runners::all) : null;
        model.addAttribute("runners", working);
        Map<String, Boolean> closed = database.isUp() ? read(closedRegions::all) : null;
        model.addAttribute(
                "regions",
                regions.now().stream()
                        .map(state -> new RegionRow(
                                RegionLine.of(state, closed, redis.isUp(), isOperator),
                                number(gauges.cellsWaiting(state.region())),
                                number(database.isUp() ? gauges.jobsParked(state.region()) : Double.NaN)))
                        .toList());
        model.addAttribute("own", own.now());
        model.addAttribute("runner", name.value());
    }

    /** @param parked jobs, which are the same at all replicas */
    record RegionRow(RegionLine line, String waiting, String parked) {}

    private static String number(double value) {
        return Double.isNaN(value) ? "–" : ReportWords.number(Math.round(value));
    }

    /** Null when the database does not answer. */
    private static <T> @Nullable T read(Supplier<T> question) {
        try {
            return question.get();
        } catch (DataAccessException away) {
            log.debug("The page of health goes without an answer of the database", away);
            return null;
        }
    }
}
