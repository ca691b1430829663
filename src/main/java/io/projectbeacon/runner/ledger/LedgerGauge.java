package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.database.SharedLook;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.metrics.BeaconGauges;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Gauges of what the ledger has, by outcome and layer, the same from every replica: a counter begins at 0 with each
 * deployment, the ledger does not. They fall when retention deletes jobs, whose entries go with them.
 *
 * <p>No index has the sums, so the whole ledger is read: 0.3 s for a million entries. A replica asks every 15 s
 * at most, when it is scraped, and leaves the database alone for twenty times as long as the last look took. A look that takes
 * longer than a scrape waits goes on, and the last sums stand meanwhile.
 */
@Component
class LedgerGauge {

    private static final SharedLook.Times TIMES =
            new SharedLook.Times(Duration.ofSeconds(15), Duration.ofSeconds(2), Duration.ofMinutes(5), 20);

    private static final int TIMEOUT_SECONDS = 60;

    private static final String SUMS =
            "SELECT outcome, layer, sum(occurrences) AS times FROM execution_duplicates GROUP BY outcome, layer";

    private final JdbcClient jdbc;
    private final SharedLook<Map<String, Double>> look = new SharedLook<>("ledger-gauge", TIMES, this::read);

    LedgerGauge(JdbcTemplate template, BeaconGauges gauges) {
        JdbcTemplate patient = new JdbcTemplate(Objects.requireNonNull(template.getDataSource()));
        patient.setQueryTimeout(TIMEOUT_SECONDS);
        this.jdbc = JdbcClient.create(patient);
        for (DuplicateOutcome outcome : DuplicateOutcome.values()) {
            for (DuplicateLayer layer : DuplicateLayer.values()) {
                String name = name(outcome.wireName(), layer.wireName());
                gauges.ledgerDuplicates(outcome, layer, this, gauge -> gauge.sum(name));
            }
        }
    }

    private static String name(String outcome, String layer) {
        return outcome + "/" + layer;
    }

    private double sum(String name) {
        Map<String, Double> sums = look.get();
        return sums == null ? Double.NaN : sums.getOrDefault(name, 0.0);
    }

    private Map<String, Double> read() {
        Map<String, Double> sums = new HashMap<>();
        jdbc.sql(SUMS).query((RowCallbackHandler)
                row -> sums.put(name(row.getString("outcome"), row.getString("layer")), row.getDouble("times")));
        return sums;
    }
}
