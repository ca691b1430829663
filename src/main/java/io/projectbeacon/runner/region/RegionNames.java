package io.projectbeacon.runner.region;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Merges the spellings of a region's name. An environment variable cannot hold a dash, so
 * {@code BEACON_REGIONS_USEAST_APIKEY} is bound as region {@code useast}; Spring's binder gives that region the
 * settings of {@code us-east} too, since it compares names without dashes. Without the merge they would be two regions.
 */
final class RegionNames {

    private RegionNames() {}

    /** Each region once, under its built-in spelling, or else under the one with the most dashes. */
    static Map<String, RegionsProperties.Region> spelledOnce(
            Map<String, RegionsProperties.Region> regions, Collection<String> builtIn) {
        Map<String, String> spellings = new LinkedHashMap<>();
        for (String name : regions.keySet()) {
            spellings.merge(uniform(name), name, (first, second) -> second.length() > first.length() ? second : first);
        }
        for (String name : builtIn) {
            spellings.replace(uniform(name), name);
        }
        Map<String, RegionsProperties.Region> once = new LinkedHashMap<>();
        regions.forEach((name, region) -> once.putIfAbsent(spellings.getOrDefault(uniform(name), name), region));
        return once;
    }

    /** The environment variable by which a setting of a region is given: without the dashes of both names. */
    static String variable(String region, String setting) {
        return "BEACON_REGIONS_" + (uniform(region) + "_" + uniform(setting)).toUpperCase(Locale.ROOT);
    }

    private static String uniform(String name) {
        return name.replace("-", "").toLowerCase(Locale.ROOT);
    }
}
