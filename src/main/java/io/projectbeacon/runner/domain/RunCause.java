package io.projectbeacon.runner.domain;

/** How a run came to be: it decides the layer under which a completed cell that the run meets is counted. */
public enum RunCause {
    SUBMISSION(DuplicateLayer.CLAIM),
    RETRY(DuplicateLayer.RETRY),
    /** The job was taken over, or given back and picked up again. */
    REDELIVERY(DuplicateLayer.REDELIVERY);

    private final DuplicateLayer layer;

    RunCause(DuplicateLayer layer) {
        this.layer = layer;
    }

    public DuplicateLayer layer() {
        return layer;
    }
}
