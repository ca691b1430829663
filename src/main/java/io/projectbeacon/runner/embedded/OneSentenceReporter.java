package io.projectbeacon.runner.embedded;

import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;

/**
 * Logs why a start failed and what to do about it as one line. Spring Boot's own reporter, which is silenced in
 * application.yml, takes a dozen.
 */
class OneSentenceReporter implements FailureAnalysisReporter {

    private static final Logger log = LoggerFactory.getLogger(OneSentenceReporter.class);

    @Override
    public void report(FailureAnalysis analysis) {
        log.error(
                "{}",
                MaskedText.of(Stream.of(analysis.getDescription(), analysis.getAction())
                        .filter(Objects::nonNull)
                        .map(text -> text.strip().replaceAll("\\s+", " "))
                        .collect(Collectors.joining(" "))));
    }
}
