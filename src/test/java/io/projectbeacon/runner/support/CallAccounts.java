package io.projectbeacon.runner.support;

import io.projectbeacon.runner.support.FakeProvider.Call;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * What a provider's ledger says, held against what the runner has recorded.
 *
 * @param calls how many there were
 * @param withoutAttempt cells that were called more often than the runner has attempts of them
 * @param unaccounted cells with more successes beyond the first than attempts whose outcome is unknown
 */
public record CallAccounts(int calls, List<String> withoutAttempt, List<String> unaccounted) {

    /** For cells of one question, of these jobs and any others that the runner does not have. */
    public static CallAccounts of(List<Call> calls, RunnerClient runner, Collection<String> jobs) {
        return of(calls, runner, jobs, 3);
    }

    /** For cells of several questions: an attempt calls once for each. */
    public static CallAccounts ofQuestions(List<Call> calls, RunnerClient runner, Collection<String> jobs) {
        return of(calls, runner, jobs, 4);
    }

    private static CallAccounts of(List<Call> calls, RunnerClient runner, Collection<String> jobs, int parts) {
        Map<String, JsonNode> recorded = new HashMap<>();
        jobs.forEach(job -> runner.cells(job).forEach((cell, row) -> recorded.put(job + "/" + cell, row)));
        Map<String, List<Call>> byCell = new HashMap<>();
        calls.forEach(call -> byCell.computeIfAbsent(name(call, parts), name -> new ArrayList<>())
                .add(call));
        List<String> withoutAttempt = new ArrayList<>();
        List<String> unaccounted = new ArrayList<>();
        byCell.forEach((cell, made) -> {
            JsonNode row = recorded.get(String.join("/", Arrays.copyOf(cell.split("/"), 3)));
            if (row == null && !jobs.contains(cell.substring(0, cell.indexOf('/')))) {
                return; // A job whose client was told nothing: it is looked for by whoever looks for it.
            }
            if (row == null || row.path("attempt").asInt() < made.size()) {
                withoutAttempt.add(cell);
            }
            long successes = made.stream().filter(Call::success).count();
            if (row != null && successes - 1 > unknown(row)) {
                unaccounted.add(cell);
            }
        });
        return new CallAccounts(calls.size(), withoutAttempt, unaccounted);
    }

    public String inWords() {
        return "Calls: %d, without an attempt: %d, twice and not accounted for: %d"
                .formatted(calls, withoutAttempt.size(), unaccounted.size());
    }

    /** By its key, which begins with job, region, model and question. */
    private static String name(Call call, int parts) {
        String[] key = String.valueOf(call.idempotencyKey()).split("/");
        return String.join("/", Arrays.copyOf(key, parts));
    }

    private static long unknown(JsonNode row) {
        return row.path("attempts")
                .valueStream()
                .filter(attempt -> attempt.path("outcome").asString("").equals("unknown"))
                .mapToInt(attempt -> attempt.path("times").asInt(1))
                .sum();
    }
}
