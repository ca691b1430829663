package io.projectbeacon.runner.jobspec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The regions that the service is configured with, and the names by which each is accepted. */
public final class KnownRegions {

    private final List<String> names;
    private final Map<String, String> bySpelling;

    private KnownRegions(List<String> names, Map<String, String> bySpelling) {
        this.names = names;
        this.bySpelling = bySpelling;
    }

    /**
     * The regions of a configuration.
     *
     * @param aliasesByName the names that are also accepted for a region, by the region's own name
     * @throws IllegalArgumentException when there is no region, a name is blank, or one spelling would mean two
     *     regions; the message names the property at fault
     */
    public static KnownRegions of(Map<String, Set<String>> aliasesByName) {
        if (aliasesByName.isEmpty()) {
            throw new IllegalArgumentException("beacon.regions: at least one region is needed");
        }
        Map<String, String> bySpelling = new LinkedHashMap<>();
        // All own names come first, so that an alias that collides with a later region is found.
        for (String name : aliasesByName.keySet()) {
            register(bySpelling, name, name, "beacon.regions." + name);
        }
        aliasesByName.forEach((name, aliases) -> aliases.stream()
                .sorted()
                .forEach(alias -> register(bySpelling, alias, name, "beacon.regions." + name + ".aliases")));
        return new KnownRegions(List.copyOf(aliasesByName.keySet()), Map.copyOf(bySpelling));
    }

    /** The regions' own names, in the order of the configuration. */
    public List<String> names() {
        return names;
    }

    /** The own name of the region of this name or alias, whatever its case and outer white space; empty if unknown. */
    public Optional<String> resolve(String nameOrAlias) {
        return Optional.ofNullable(bySpelling.get(spelling(nameOrAlias)));
    }

    private static void register(Map<String, String> bySpelling, String spelled, String region, String property) {
        if (spelled.isBlank()) {
            throw new IllegalArgumentException(property + ": a region's name must not be blank");
        }
        String holder = bySpelling.putIfAbsent(spelling(spelled), region);
        if (holder != null && !holder.equals(region)) {
            throw new IllegalArgumentException(
                    property + ": \"" + spelled + "\" already means the region \"" + holder + "\"");
        }
    }

    private static String spelling(String name) {
        return Spelling.clean(name).toLowerCase(Locale.ROOT);
    }
}
