package io.projectbeacon.runner.region;

import io.projectbeacon.runner.domain.Provider;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * The regions that this service knows: with {@code simulated} the four built-in ones and those configured; with a real
 * provider only those configured, since a region without a server cannot answer a call.
 */
public final class Regions {

    private static final Map<String, List<String>> BUILT_IN = builtIn();

    private static final int DEFAULT_MAX_IN_FLIGHT = 1000;

    private final Map<String, Set<String>> aliases;
    private final Map<String, RegionsProperties.Region> configured;

    private Regions(Map<String, Set<String>> aliases, Map<String, RegionsProperties.Region> configured) {
        this.aliases = Collections.unmodifiableMap(aliases);
        this.configured = configured;
    }

    /**
     * The regions of a provider.
     *
     * @throws InvalidConfigurationPropertyValueException naming the property, when two regions share an alias, or a
     *     real provider has no region, or a region no base URL that can be called
     */
    public static Regions of(Provider provider, RegionsProperties properties) {
        Map<String, RegionsProperties.Region> configured =
                RegionNames.spelledOnce(properties.regions(), BUILT_IN.keySet());
        RegionChecks.check(provider, configured);
        Set<String> names = new LinkedHashSet<>();
        if (provider == Provider.SIMULATED) {
            names.addAll(BUILT_IN.keySet());
        }
        names.addAll(configured.keySet());
        Map<String, Set<String>> aliases = new LinkedHashMap<>();
        for (String name : names) {
            Set<String> all = new LinkedHashSet<>(BUILT_IN.getOrDefault(name, List.of()));
            RegionsProperties.Region region = configured.get(name);
            if (region != null) {
                region.aliases().forEach(alias -> all.add(alias.strip()));
            }
            aliases.put(name, Collections.unmodifiableSet(all));
        }
        refuseShared(aliases);
        return new Regions(aliases, configured);
    }

    /** Each region's own name, and the other names that are accepted for it, in a stable order. */
    public Map<String, Set<String>> aliases() {
        return aliases;
    }

    /** The regions' own names, in a stable order. */
    public Set<String> names() {
        return aliases.keySet();
    }

    /** How many calls may be in flight to the region at once, on this replica; the default for an unknown region. */
    public int maxInFlight(String region) {
        RegionsProperties.Region settings = configured.get(region);
        return settings == null ? DEFAULT_MAX_IN_FLIGHT : settings.maxInFlight();
    }

    /** How many calls may be in flight to the region at once, over all replicas together; null without such a bound. */
    public @Nullable Integer maxInFlightTotal(String region) {
        RegionsProperties.Region settings = configured.get(region);
        return settings == null ? null : settings.maxInFlightTotal();
    }

    /** The region's settings, when it has any. */
    public RegionsProperties.@Nullable Region settings(String region) {
        return configured.get(region);
    }

    /** The environment variable of a region's key. */
    public static String keyVariable(String region) {
        return RegionNames.variable(region, "api-key");
    }

    /** Refuses a name of two regions. Case is ignored: {@code US} and {@code us} must not lead to different regions. */
    private static void refuseShared(Map<String, Set<String>> aliases) {
        Map<String, String> owners = new LinkedHashMap<>();
        aliases.keySet().forEach(name -> owners.put(name.toLowerCase(Locale.ROOT), name));
        aliases.forEach((name, names) -> {
            for (String alias : names) {
                String owner = owners.putIfAbsent(alias.toLowerCase(Locale.ROOT), name);
                if (owner != null && !owner.equals(name)) {
                    throw new InvalidConfigurationPropertyValueException(
                            "beacon.regions." + name + ".aliases",
                            alias,
                            "region '" + owner + "' has that name already; a name must lead to one region");
                }
            }
        });
    }

    private static Map<String, List<String>> builtIn() {
        Map<String, List<String>> regions = new LinkedHashMap<>();
        regions.put("us-east", List.of("US", "us-east-1", "us"));
        regions.put("us-west", List.of());
        regions.put("eu-west", List.of("EU"));
        regions.put("asia-pacific", List.of("ASIA", "APAC"));
        return regions;
    }
}
