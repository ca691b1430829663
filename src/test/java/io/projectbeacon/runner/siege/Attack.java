package io.projectbeacon.runner.siege;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What has ended a process before: each is legal, or begins like what is legal. */
enum Attack {
    /** Valid JobSpecs of 0.99 MB with 330,000 small values in an unknown field, twenty at a time. */
    NODES {
        @Override
        void run(Target target, HalfCore time) throws Exception {
            byte[] request = Target.post(
                    "/api/v1/jobs",
                    "{\"models\":[\"a\"],\"regions\":[\"us-east\"],\"prompt\":\"Who?\",\"x\":[" + "[],".repeat(329_990)
                            + "[]]}");
            target.repeat(20, time, n -> request);
        }
    },

    /** Bodies of 0.9 MB of which one half comes. */
    HALF_BODIES {
        @Override
        void run(Target target, HalfCore time) throws Exception {
            byte[] begin = (Target.head("/api/v1/jobs", "application/json")
                            + "Content-Length: 900000\r\n\r\n{\"prompt\":\"" + "x".repeat(450_000))
                    .getBytes(US_ASCII);
            target.hold(600, time, begin, new byte[0]);
        }
    },

    /** Batches of which one byte comes. */
    BEGUN_BATCHES {
        @Override
        void run(Target target, HalfCore time) throws Exception {
            byte[] begin = (Target.head("/api/v1/jobs:batch", "application/x-ndjson")
                            + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
                    .getBytes(US_ASCII);
            target.hold(5_563, time, begin, new byte[0]);
        }
    },

    /** Requests of whose head one byte comes every second. */
    SLOW_HEADS {
        @Override
        void run(Target target, HalfCore time) throws Exception {
            target.hold(
                    1_000,
                    time,
                    "GET /api/v1/jobs HTTP/1.1\r\nHost: a\r\nX: ".getBytes(US_ASCII),
                    "x".getBytes(US_ASCII));
        }
    },

    /** Jobs within all limits, which are held while they run: six at most, a tenth of a second each. */
    HELD_JOBS {
        @Override
        void run(Target target, HalfCore time) throws Exception {
            String models =
                    IntStream.range(0, 1_000).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(","));
            String questions = IntStream.range(0, 100)
                    .mapToObj(n -> "\"" + n + "x".repeat(9_000) + "\"")
                    .collect(Collectors.joining(","));
            String spec =
                    "{\"models\":[" + models + "],\"regions\":[\"us-east\",\"us-west\",\"eu-west\",\"asia-pacific\"],"
                            + "\"questions\":[" + questions + "]}";
            byte[] request = Target.post("/api/v1/jobs", spec);
            for (int n = 0; n < 6 && !time.isOver(); n++) {
                target.send(request);
            }
        }
    };

    abstract void run(Target target, HalfCore time) throws Exception;
}
