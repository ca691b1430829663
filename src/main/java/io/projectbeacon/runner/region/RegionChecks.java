package io.projectbeacon.runner.region;

import io.projectbeacon.runner.domain.Provider;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Stops the start of the service when a region's settings cannot work; every message names the property to change. */
final class RegionChecks {

    private static final Set<String> SCHEMES = Set.of("http", "https");

    private RegionChecks() {}

    static void check(Provider provider, Map<String, RegionsProperties.Region> regions) {
        regions.forEach((name, region) -> {
            checkAliases(name, region.aliases());
            checkKey(name, region.apiKey());
            checkBaseUrl(provider, name, region.baseUrl());
        });
        if (provider != Provider.SIMULATED && regions.isEmpty()) {
            throw invalid(
                    "beacon.inference.provider",
                    provider,
                    "no region is configured for it; set beacon.regions.<name>.base-url");
        }
    }

    private static void checkAliases(String name, Set<String> aliases) {
        if (aliases.stream().anyMatch(String::isBlank)) {
            throw invalid("beacon.regions." + name + ".aliases", aliases, "an alias is blank");
        }
    }

    /** A header holds printable ASCII only. The value is left out of the message, since it is a secret. */
    private static void checkKey(String name, @Nullable String key) {
        if (key != null && (key.isBlank() || !key.chars().allMatch(c -> c > ' ' && c < 0x7f))) {
            throw invalid(
                    "beacon.regions." + name + ".api-key",
                    "****",
                    "it is blank or holds a character that a header cannot");
        }
    }

    private static void checkBaseUrl(Provider provider, String name, @Nullable URI url) {
        String property = "beacon.regions." + name + ".base-url";
        if (url == null) {
            if (provider != Provider.SIMULATED) {
                throw invalid(property, null, "beacon.inference.provider=" + provider.propertyName() + " needs it");
            }
            return;
        }
        if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
            throw invalid(property, "****", "it must have no user, query or fragment; a key belongs into api-key");
        }
        if (url.getScheme() == null
                || !SCHEMES.contains(url.getScheme().toLowerCase(Locale.ROOT))
                || url.getHost() == null) {
            throw invalid(property, url, "it is not an http or https address");
        }
        if (provider == Provider.OPENAI && !RegionsProperties.withoutSlash(url).endsWith("/v1")) {
            throw invalid(property, url, "for openai it must end in /v1, as OpenAI's SDKs have it");
        }
    }

    private static InvalidConfigurationPropertyValueException invalid(
            String property, @Nullable Object value, String reason) {
        return new InvalidConfigurationPropertyValueException(property, value, reason);
    }
}
