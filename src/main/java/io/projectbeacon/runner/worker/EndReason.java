package io.projectbeacon.runner.worker;

/** Why a run ends. The later of two constants is the one that counts. */
enum EndReason {
    /** Nothing went wrong: it has come to each cell, or the service is stopping. */
    REGULAR,
    /** All that is left waits: for its regions to take calls, or for the time of its next attempts. */
    PARKED,
    /** A cell could not be brought to an end; trying again at once would most likely fail again. */
    GAVE_UP,
    /** The job's time was up before its cells had ended. */
    EXPIRED,
    /** The job was cancelled, or has gone to another run: nothing may be written for it any more. */
    LOST
}
