package io.projectbeacon.runner.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One job of a storm: what is submitted when and where, and what its client does with it afterwards.
 *
 * @param dropped each cell that the job must have, and how many more times than once the document names it
 * @param questions what each cell asks, in order
 * @param submitTo the runners that the same document is sent to at the same time
 * @param cancelAfter null when it is not cancelled
 * @param retries are asked for once the job has ended, one after the other
 */
record JobScript(
        String id,
        Duration at,
        String document,
        Map<CellName, Integer> dropped,
        List<String> questions,
        boolean hold,
        @Nullable Double minSuccessRate,
        @Nullable Duration timeout,
        List<Integer> submitTo,
        @Nullable Duration cancelAfter,
        List<Retry> retries) {

    /**
     * @param newKeys whether the keys of what it runs are given up
     * @param askAt the runners that are asked at the same time
     */
    record Retry(Duration after, boolean includeUnknown, boolean newKeys, List<Integer> askAt) {}

    private static final Map<String, String> ALIASES =
            Map.of("us-east", "US", "eu-west", "EU", "asia-pacific", "APAC", "us-west", "us-west");

    /** Model ids with characters that must be escaped in an idempotency key. */
    private static final List<String> MODELS = List.of("qwen2.5-1.5b", "meta/llama 3.2", "gpt:4+mini", "phi-4", "ö");

    static JobScript of(long seed, String prefix, int number, Duration at) {
        String id = prefix + number;
        Dice dice = Dice.of(seed, "job", id);
        boolean calm = prefix.equals(Setup.CALM);
        List<String> models = repeated(dice, dice.shuffled(MODELS).subList(0, dice.between(1, 4)));
        List<String> regions = dice.shuffled(Setup.REGIONS).subList(0, dice.between(1, 3));
        List<String> namedRegions = repeated(dice, regions);
        List<String> questions = new ArrayList<>();
        int count = dice.between(0, 3);
        for (int n = 1; n <= count; n++) {
            questions.add("question " + n + " of " + id);
        }
        boolean hold = dice.in(0.4);
        Double rate = dice.in(0.2) ? dice.one(List.of(0.5, 0.67, 0.9)) : null;
        Duration timeout = !calm && dice.in(0.08) ? Duration.ofMillis(dice.between(800, 4000)) : null;
        return new JobScript(
                id,
                at,
                document(dice, id, models, namedRegions, questions, hold, rate, timeout),
                dropped(id, models, namedRegions),
                questions.isEmpty() ? List.of("Who are you, " + id + "?") : questions,
                hold,
                rate,
                timeout,
                someRunners(dice, dice.in(0.3) ? 3 : 1),
                dice.in(0.15) ? Duration.ofMillis(dice.between(0, calm ? 600 : 4000)) : null,
                retries(dice));
    }

    /** All the names, and then some of them again. */
    private static List<String> repeated(Dice dice, List<String> names) {
        List<String> named = new ArrayList<>(names);
        for (String name : names) {
            if (dice.in(0.2)) {
                named.add(name);
            }
        }
        return named;
    }

    private static List<Integer> someRunners(Dice dice, int most) {
        List<Integer> all = new ArrayList<>();
        for (int runner = 0; runner < Setup.RUNNERS; runner++) {
            all.add(runner);
        }
        return dice.shuffled(all).subList(0, most);
    }

    private static List<Retry> retries(Dice dice) {
        List<Retry> retries = new ArrayList<>();
        for (double chance = 0.5; retries.size() < 2 && dice.in(chance); chance = 0.3) {
            retries.add(new Retry(
                    Duration.ofMillis(dice.between(0, 1500)),
                    dice.in(0.5),
                    dice.in(0.1),
                    someRunners(dice, dice.between(1, 3))));
        }
        return retries;
    }

    private static Map<CellName, Integer> dropped(String id, List<String> models, List<String> regions) {
        Map<CellName, Integer> cells = new LinkedHashMap<>();
        for (String region : regions) {
            for (String model : models) {
                cells.merge(new CellName(id, region, model), 0, (before, none) -> before + 1);
            }
        }
        return cells;
    }

    private static String document(
            Dice dice,
            String id,
            List<String> models,
            List<String> regions,
            List<String> questions,
            boolean hold,
            @Nullable Double rate,
            @Nullable Duration timeout) {
        ObjectNode document = JsonMapper.shared().createObjectNode().put("id", id);
        ArrayNode named = document.putArray("models");
        for (String model : models) {
            if (dice.in(0.5)) {
                named.add(model);
            } else {
                named.addObject().put("id", model);
            }
        }
        ArrayNode places = document.putArray("regions");
        for (String region : regions) {
            places.add(dice.in(0.5) ? region : ALIASES.get(region));
        }
        if (questions.isEmpty()) {
            document.put("prompt", "Who are you, " + id + "?");
        } else {
            questions.forEach(document.putArray("questions")::add);
        }
        ObjectNode constraints = document.putObject("constraints").put("on_unknown", hold ? "hold" : "rerun");
        if (rate != null) {
            constraints.put("min_success_rate", rate);
        }
        if (timeout != null) {
            constraints.put("timeout", timeout.toString());
        }
        return document.toString();
    }
}
