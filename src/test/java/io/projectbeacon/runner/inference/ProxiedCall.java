package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import io.projectbeacon.runner.region.RegionsProperties.Auth;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/** Calls a provider and prints what became of it, in a JVM of its own: proxies are set for a whole JVM. */
final class ProxiedCall {

    /** The property with a {@code Proxy-Authorization} that the region is configured with. */
    static final String HEADER = "proxied-call.proxy-authorization";

    private static final String REGION = "us-east";

    private ProxiedCall() {}

    /** @param arguments the base URLs to call, one after the other */
    public static void main(String[] arguments) throws InterruptedException {
        String password = System.getProperty(HEADER);
        Map<String, String> headers = password == null ? Map.of() : Map.of("Proxy-Authorization", password);
        for (String baseUrl : arguments) {
            RegionsProperties.Region region =
                    new RegionsProperties.Region(Set.of(), baseUrl, Fixtures.KEY, null, Auth.BEARER, headers, 1, null);
            Regions regions = Regions.of(Provider.OPENAI, new RegionsProperties(Map.of(REGION, region)));
            InferenceProperties properties = Fixtures.properties(Duration.ofSeconds(5), Duration.ofSeconds(5));
            try (var client =
                    new HttpInferenceClient(properties, regions, new OpenAiProtocol(), Fixtures.CLOCK, name -> true)) {
                System.out.println("result: " + client.infer(Fixtures.request(REGION, "llama", "Who are you?")));
            }
        }
    }
}
