package io.projectbeacon.runner.jobspec;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What was received, before any field of it is read: what may refuse it unread looks at it here. */
public sealed interface Opened {

    /** There is no JobSpec in it. */
    record Refused(Reading reading) implements Opened {}

    /** A JobSpec, still as it was received. It must not be changed. */
    final class Document implements Opened {

        private final Envelope envelope;
        private final Findings findings;

        Document(Envelope envelope, Findings findings) {
            this.envelope = envelope;
            this.findings = findings;
        }

        /** Without the portal's wrapper. */
        public ObjectNode spec() {
            return envelope.spec().object();
        }

        /** The portal's object around the JobSpec; null when there is none. */
        public @Nullable ObjectNode wrapper() {
            return envelope.wrapper() == null ? null : envelope.wrapper().object();
        }

        /** Whether the regions of the job are those that the wrapper names. */
        public boolean hasRegionsOfWrapper() {
            return JobRegions.areOfWrapper(envelope);
        }

        Envelope envelope() {
            return envelope;
        }

        Findings findings() {
            return findings;
        }
    }
}
