package io.projectbeacon.runner.jobspec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The arrays of a document as a client writes them, and the cells that they name, found by brute force: each entry is
 * paired with each item of the arrays, and the pairs are counted in a bag. Shares no code with the reader.
 *
 * @param regions the job's array, spelled in any way; null when there is none
 */
record RawSpec(List<Entry> models, @Nullable List<String> regions) {

    private static final Map<String, String> REGION_OF_SPELLING = Map.of(
            "us-east",
            "us-east",
            "US",
            "us-east",
            "us-east-1",
            "us-east",
            "eu-west",
            "eu-west",
            "EU",
            "eu-west",
            "asia-pacific",
            "asia-pacific",
            "APAC",
            "asia-pacific",
            "asia",
            "asia-pacific");

    private static final Map<String, String> ID_OF_SPELLING = Map.of(
            "a", "a", " a\t", "a", "b", "b", "A", "A", "\u00e9", "\u00e9", "e\u0301", "\u00e9", "e\u0301 ", "\u00e9");

    /**
     * One entry of the array of models.
     *
     * @param regions its own array; null when it has none
     * @param asText whether an entry without own regions is written as a string
     */
    record Entry(String id, @Nullable List<String> regions, boolean asText) {}

    static List<String> regionSpellings() {
        return REGION_OF_SPELLING.keySet().stream().sorted().toList();
    }

    static List<String> idSpellings() {
        return ID_OF_SPELLING.keySet().stream().sorted().toList();
    }

    static String id(String spelling) {
        return ID_OF_SPELLING.get(spelling);
    }

    static String region(String spelling) {
        return REGION_OF_SPELLING.get(spelling);
    }

    /** How often each cell is named. */
    Map<SpecCell, Long> bag() {
        List<SpecCell> named = new ArrayList<>();
        for (Entry entry : models) {
            if (entry.regions() == null) {
                for (String region : regions == null ? List.<String>of() : regions) {
                    named.add(new SpecCell(region(region), id(entry.id())));
                }
            } else {
                for (String own : entry.regions()) {
                    for (String ofJob : regions == null ? List.of(own) : regions) {
                        if (region(own).equals(region(ofJob))) {
                            named.add(new SpecCell(region(own), id(entry.id())));
                        }
                    }
                }
            }
        }
        Map<SpecCell, Long> bag = new HashMap<>();
        named.forEach(cell -> bag.merge(cell, 1L, Long::sum));
        return bag;
    }

    /** Whether each model and each of the job's regions has a cell. */
    boolean isSound() {
        Map<SpecCell, Long> bag = bag();
        Stream<String> ids = models.stream().map(entry -> id(entry.id()));
        Stream<String> ofJob =
                (regions == null ? List.<String>of() : regions).stream().map(RawSpec::region);
        return ids.allMatch(id ->
                        bag.keySet().stream().anyMatch(cell -> cell.modelId().equals(id)))
                && ofJob.allMatch(region ->
                        bag.keySet().stream().anyMatch(cell -> cell.region().equals(region)));
    }

    ObjectNode document() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        ArrayNode array = document.putArray("models");
        for (Entry entry : models) {
            if (entry.asText() && entry.regions() == null) {
                array.add(entry.id());
            } else {
                ObjectNode object = array.addObject().put("id", entry.id());
                if (entry.regions() != null) {
                    entry.regions().forEach(object.putArray("regions")::add);
                }
            }
        }
        if (regions != null) {
            regions.forEach(document.putArray("regions")::add);
        }
        return document;
    }
}
