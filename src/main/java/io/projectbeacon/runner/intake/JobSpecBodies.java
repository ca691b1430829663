package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Nonce;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.Opened;
import io.projectbeacon.runner.jobspec.Reading;
import io.projectbeacon.runner.signing.Signatures;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Reads the JobSpec in a body, within the memory that requests may take together, and verifies its signature before
 * anything of it is read.
 */
@Component
class JobSpecBodies {

    /** @param nonce of a verified signature; null for a JobSpec that is not signed and need not be */
    record Read(Reading reading, @Nullable Nonce nonce) {}

    private final JobSpecReader reader;
    private final Signatures signatures;
    private final MemoryShare readings;
    private final Semaphore largeReading =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

    JobSpecBodies(JobSpecReader reader, Signatures signatures, MemoryBudget budget) {
        this.reader = reader;
        this.signatures = signatures;
        this.readings = budget.reading();
    }

    /** For one JobSpec that is read. */
    MemoryShare.Reservation open() {
        return readings.open();
    }

    /**
     * Reads it, and makes something of it, which is part of its turn.
     *
     * @param caller whose JobSpec it is
     * @param small whether the memory that is kept for small bodies may be used
     * @param memory grows by what the document becomes; the caller closes it when what was answered has been written
     * @throws ProblemException when the signature is refused
     * @throws io.projectbeacon.runner.arrival.NoRoomException when other requests take the memory that it needs
     */
    <T> T read(byte[] body, Caller caller, boolean small, MemoryShare.Reservation memory, Function<Read, T> then) {
        memory.grow(reader.memory(body), small, NoRoom.PATIENCE);
        if (small || body.length <= MemoryBudget.SMALL_BODY) {
            return then.apply(parse(body, caller));
        }
        // A thread that reads a large body gives way to no other, so several would leave small ones no processor.
        largeReading.acquireUninterruptibly();
        try {
            return then.apply(parse(body, caller));
        } finally {
            largeReading.release();
        }
    }

    private Read parse(byte[] body, Caller caller) {
        return switch (reader.open(body)) {
            case Opened.Refused refused -> new Read(refused.reading(), null);
            case Opened.Document document -> signed(document, caller);
        };
    }

    private Read signed(Opened.Document document, Caller caller) {
        Nonce nonce = SignatureProblems.nonceOf(
                signatures.verify(document.spec(), document.wrapper(), document.hasRegionsOfWrapper(), caller));
        return new Read(reader.read(document), nonce);
    }

    static ProblemException refused(Reading.Malformed malformed) {
        return new ProblemException(HttpStatus.BAD_REQUEST, malformed.detail());
    }

    static ProblemException refused(Reading.Invalid invalid) {
        int faults = invalid.faults().size();
        return new ProblemException(
                HttpStatus.UNPROCESSABLE_CONTENT,
                "The JobSpec breaks " + (faults == 1 ? "a rule" : faults + " rules") + ".",
                invalid.faults());
    }
}
