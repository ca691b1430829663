package io.projectbeacon.runner.jobspec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The regions of one array, by their own names.
 *
 * @param at the array's place
 * @param byName each region that it names, in order of first appearance
 * @param dropped the region of each entry that repeats an earlier one
 */
record NamedRegions(Pointer at, Map<String, Naming> byName, List<String> dropped) {

    /**
     * How an array names a region.
     *
     * @param times how often the array names it
     * @param first the index of the first time
     */
    record Naming(long times, int first) {}

    /** Reads an array; an entry that does not name a known region is a fault, and so is an empty array. */
    static NamedRegions read(Fields.Items items, KnownRegions known, Findings findings) {
        Map<String, Naming> byName = new LinkedHashMap<>();
        List<String> dropped = new ArrayList<>();
        if (items.values().isEmpty()) {
            findings.fault(items.at(), "must name at least one region");
        }
        for (int index = 0; index < items.values().size(); index++) {
            JsonNode item = items.values().get(index);
            if (!item.isString()) {
                findings.fault(items.at().item(index), "must be a region's name, not " + Quoted.value(item));
                continue;
            }
            Optional<String> name = known.resolve(item.stringValue());
            if (name.isEmpty()) {
                findings.fault(
                        items.at().item(index),
                        Quoted.value(item) + " is not a known region; known are " + String.join(", ", known.names()));
                continue;
            }
            Naming before = byName.putIfAbsent(name.get(), new Naming(1, index));
            if (before != null) {
                byName.put(name.get(), new Naming(before.times() + 1, before.first()));
                dropped.add(name.get());
            }
        }
        return new NamedRegions(items.at(), byName, dropped);
    }

    /** How often the array names the region. */
    long times(String region) {
        Naming naming = byName.get(region);
        return naming == null ? 0 : naming.times();
    }
}
