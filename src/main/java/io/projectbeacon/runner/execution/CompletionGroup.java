package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.execution.AttemptRows.End;
import jakarta.annotation.PreDestroy;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Writes what the attempts of many cells brought, of any jobs, together. */
@Component
class CompletionGroup {

    private static final Logger log = LoggerFactory.getLogger(CompletionGroup.class);

    /** Enough for one commit to cost each cell next to nothing, and few enough for a statement of some milliseconds. */
    private static final int LARGEST = 1000;

    /** Answers of this many characters take one cell's room more: a response may have megabytes. */
    private static final int CHARACTERS = 16_384;

    private final GroupCommit<End, Boolean> group;
    private final OutageLog outage = new OutageLog(log);

    CompletionGroup(AttemptRows rows, PatientWriter writer) {
        this.group = new GroupCommit<>(
                ends -> {
                    Set<Integer> written = rows.ownedTogether(ends);
                    outage.back("Batches of ends of attempts are written again");
                    return IntStream.range(0, ends.size())
                            .mapToObj(place -> Optional.of(written.contains(place)))
                            .toList();
                },
                alone -> false,
                failure -> outage.away("A batch of ends of attempts failed; each is written alone", failure),
                writer.threads(),
                new GroupCommit.Bounds<>(LARGEST, end -> 1 + end.answers().length() / CHARACTERS));
    }

    /**
     * Writes what an attempt brought, if nothing stands in the way.
     *
     * @return whether it is known to be written; if not it is to be written alone
     */
    boolean write(End end) {
        return group.ask(end);
    }

    @PreDestroy
    void close() throws InterruptedException {
        group.drain();
    }
}
