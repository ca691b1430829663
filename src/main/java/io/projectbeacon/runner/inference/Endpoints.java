package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.region.BaseUrl;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The endpoints of the configured regions, each with its key as it is now. */
final class Endpoints {

    private final Regions regions;
    private final String path;
    private final Map<String, KeyFile> keyFiles = new HashMap<>();

    /** @param path what follows a region's base URL */
    Endpoints(Regions regions, String path) {
        this.regions = regions;
        this.path = path;
        for (String region : regions.names()) {
            RegionsProperties.Region settings = regions.settings(region);
            if (settings != null && settings.apiKeyFile() != null) {
                keyFiles.put(region, new KeyFile(settings.apiKeyFile()));
            }
        }
    }

    /** The endpoint of a model in a region, or null when the region is not known or has no server. */
    @Nullable
    Endpoint of(String region, String modelId) {
        RegionsProperties.Region settings = regions.settings(region);
        BaseUrl url = settings == null ? null : settings.url();
        if (settings == null || url == null) {
            return null;
        }
        KeyFile file = keyFiles.get(region);
        String key = file == null ? settings.apiKey() : file.key();
        return new Endpoint(url.to(path, modelId), key, settings.auth(), settings.headers());
    }
}
