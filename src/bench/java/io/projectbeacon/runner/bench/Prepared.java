package io.projectbeacon.runner.bench;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Queued jobs in any number, made in the database as copies of one that the service has stored itself. */
final class Prepared {

    /** As long as an answer of the simulated provider. */
    static final String ANSWER =
            "[{\"question\":\"Who are you?\",\"response\":\"Simulated answer of model-01 in us-east to:"
                    + " Who are you?\",\"prompt_tokens\":3,\"completion_tokens\":15}]";

    static final List<String> REGIONS = List.of("us-east", "us-west", "eu-west", "asia-pacific");

    /* Their ids are in the order of time, like the service's own, so that the next is near the last in an index. */
    private static final String COPIES = """
            INSERT INTO jobs (jobspec_id, status, created_at, queued_at, %1$s)
            SELECT 'job-' || lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '-'
                || substr(md5(random()::text), 1, 20),
              'queued', now(), now(), %1$s
            FROM jobs, generate_series(1, :n)
            WHERE jobspec_id = :template
            """;

    /* What a job is given at its submission, as far as the schema of an older build, or the frozen one, has it. */
    private static final String COPIED = """
            SELECT string_agg(column_name, ', ') FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = 'jobs' AND column_name IN
              ('on_unknown', 'priority', 'cells', 'min_success_rate', 'timeout_ms', 'models', 'regions', 'spec', 'content',
               'text_bytes', 'warnings')
            """;

    private Prepared() {}

    /** A JobSpec of one cell, or of a multiple of four cells, in four regions. */
    static String spec(String id, int cells) {
        return """
                {"id": "%s", "models": [%s], "regions": [%s], "constraints": {"timeout": "30m"}}""".formatted(id, quoted(models(cells)), quoted(regions(cells)));
    }

    static List<String> models(int cells) {
        return IntStream.rangeClosed(1, cells == 1 ? 1 : cells / REGIONS.size())
                .mapToObj("model-%02d"::formatted)
                .toList();
    }

    static List<String> regions(int cells) {
        return cells == 1 ? REGIONS.subList(0, 1) : REGIONS;
    }

    /** Queues copies of a job, and returns how many cells they have together. */
    static int copies(JdbcClient jdbc, String template, int cellsOfOne, int executions) {
        int jobs = Math.ceilDiv(executions, cellsOfOne);
        String columns = jdbc.sql(COPIED).query(String.class).single();
        jdbc.sql(COPIES.formatted(columns))
                .param("n", jobs)
                .param("template", template)
                .update();
        return jobs * cellsOfOne;
    }

    private static String quoted(List<String> names) {
        return names.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", "));
    }
}
