package io.projectbeacon.runner.jobspec;

/**
 * The bytes of heap that a document takes while it is read and stored, at most. FootprintTest measures the factors.
 */
final class Footprint {

    /** A string goes through some ten copies: decoded, written twice, sent to the database twice, and answered. */
    private static final long OF_A_BYTE = 10;

    /** An object in an object that has nothing else, or a model's id that no other entry has. */
    private static final long OF_A_NODE = 256;

    private Footprint() {}

    static long of(byte[] body, int mostNodes) {
        boolean refused = NodeCount.firstPast(body, mostNodes) >= 0; // Before any of its values is built.
        return OF_A_BYTE * body.length + OF_A_NODE * (refused ? 0 : NodeCount.of(body));
    }
}
