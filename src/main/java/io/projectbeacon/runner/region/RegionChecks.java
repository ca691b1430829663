package io.projectbeacon.runner.region;

import io.projectbeacon.runner.domain.Provider;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Stops the start of the service when a region's settings cannot work; every message names the property to change. */
final class RegionChecks {

    private static final Logger log = LoggerFactory.getLogger(RegionChecks.class);
    private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private static final Pattern HIDDEN = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    /** Headers that the service or its client writes. */
    private static final Set<String> OURS = Set.of(
            "host",
            "content-length",
            "content-type",
            "transfer-encoding",
            "connection",
            "upgrade",
            "expect",
            "idempotency-key",
            "accept-encoding");

    private RegionChecks() {}

    static void check(Provider provider, Map<String, RegionsProperties.Region> regions) {
        regions.forEach((name, region) -> {
            if (!isShown(name)) {
                throw invalid("beacon.regions", "****", "the name of a region has a character that does not show");
            }
            checkAliases(name, region.aliases());
            checkKey(name, region.apiKey());
            checkKeyFile(name, region);
            checkHeaders(name, region.headers());
            checkBaseUrl(provider, name, region.url());
        });
        if (provider != Provider.SIMULATED && regions.isEmpty()) {
            throw invalid(
                    "beacon.inference.provider",
                    provider,
                    "no region is configured for it; set beacon.regions.<name>.base-url (as an environment variable, for us-east: "
                            + RegionNames.variable("us-east", "base-url") + ")");
        }
    }

    private static void checkAliases(String name, Set<String> aliases) {
        if (aliases.stream().anyMatch(String::isBlank)) {
            throw invalid("beacon.regions." + name + ".aliases", aliases, "an alias is blank");
        }
        if (!aliases.stream().allMatch(RegionChecks::isShown)) {
            throw invalid("beacon.regions." + name + ".aliases", "****", "an alias has a character that does not show");
        }
    }

    /** A region's name stands in logs, labels and URLs, where it should be read as what it is. */
    private static boolean isShown(String name) {
        return !HIDDEN.matcher(name).find();
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

    private static void checkBaseUrl(Provider provider, String name, @Nullable BaseUrl url) {
        String property = "beacon.regions." + name + ".base-url";
        if (url == null) {
            if (provider != Provider.SIMULATED) {
                throw invalid(
                        property,
                        null,
                        "beacon.inference.provider=" + provider.propertyName()
                                + " needs it (as an environment variable: " + RegionNames.variable(name, "base-url")
                                + ")");
            }
            return;
        }
        String fault = url.fault();
        if (fault != null) {
            throw invalid(property, "****", fault);
        }
        String doubt = url.doubt();
        if (doubt != null) {
            log.warn("{} is probably wrong: {}", property, doubt);
        }
    }

    private static void checkKeyFile(String name, RegionsProperties.Region region) {
        String property = "beacon.regions." + name + ".api-key-file";
        if (region.apiKeyFile() == null) {
            return;
        }
        if (region.apiKey() != null) {
            throw invalid(property, region.apiKeyFile(), "api-key is set, too; one of them is enough");
        }
        if (!Files.isReadable(region.apiKeyFile())) {
            throw invalid(property, region.apiKeyFile(), "there is no such file, or it cannot be read");
        }
    }

    /** RFC 9110: a name is a token, and a value has no control characters. Values are left out, since they are secrets. */
    private static void checkHeaders(String name, Map<String, String> headers) {
        headers.forEach((header, value) -> {
            if (!HEADER_NAME.matcher(header).matches() || OURS.contains(header.toLowerCase(Locale.ROOT))) {
                throw invalid(
                        "beacon.regions." + name + ".headers." + header,
                        "****",
                        "it cannot be set, or is set by the service");
            }
            if (!value.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
                throw invalid(
                        "beacon.regions." + name + ".headers." + header,
                        "****",
                        "it holds a character that a header cannot");
            }
        });
    }

    private static InvalidConfigurationPropertyValueException invalid(
            String property, @Nullable Object value, String reason) {
        return new InvalidConfigurationPropertyValueException(property, value, reason);
    }
}
