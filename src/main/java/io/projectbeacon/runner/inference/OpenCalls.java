package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.region.Regions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many calls are with each region's provider now: from where a call is sent to where its answer is read, or its failure
 * seen. A cell that waits for anything else, as for its region's pace, has no open call.
 */
final class OpenCalls {

    private final Map<String, AtomicInteger> open = new LinkedHashMap<>();

    OpenCalls(Regions regions, BeaconGauges gauges) {
        for (String region : regions.names()) {
            AtomicInteger calls = new AtomicInteger();
            open.put(region, calls);
            gauges.callsInFlight(region, calls, AtomicInteger::get);
        }
    }

    /** The client with its calls counted. */
    InferenceClient counting(InferenceClient client) {
        return request -> {
            AtomicInteger calls = open.get(request.region());
            if (calls == null) {
                return client.infer(request); // The region is not configured any more, and nothing is sent to it.
            }
            calls.incrementAndGet();
            try {
                return client.infer(request);
            } finally {
                calls.decrementAndGet();
            }
        };
    }
}
