package io.projectbeacon.runner.arrival;

import org.apache.coyote.http11.Http11NioProtocol;

/** Tomcat's HTTP/1.1, on a {@link GuardedEndpoint}. Public, as Tomcat makes it by its name. */
public class GuardedProtocol extends Http11NioProtocol {

    /** How many connections wait to be accepted: one that finds no place among them comes again after a second only. */
    public static final int MOST_TO_ACCEPT = 4096;

    /** Six bytes each, of which a request needs none before it is answered. */
    private static final int ANSWER_BUFFER = 2048;

    /** What the service takes of the heap before anybody asks it for anything, and some more. */
    private static final long OF_THE_SERVICE = 96L * 1024 * 1024;

    /** Of the rest, for each connection there may be: ten times what one takes before anything comes. */
    private static final int OF_A_CONNECTION = 96 * 1024;

    private static final int FEWEST_CONNECTIONS = 256;

    /** Tomcat's own default. */
    private static final int MOST_CONNECTIONS = 8192;

    private final GuardedEndpoint endpoint;

    public GuardedProtocol() {
        this(new GuardedEndpoint());
    }

    /** For one that accepts in its own way. */
    protected GuardedProtocol(GuardedEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    /** The bytes of a heap that are left for what comes from outside. */
    public static long leftOf(long heap) {
        return Math.max(heap / 4, heap - OF_THE_SERVICE);
    }

    /** How many connections a heap of this size has room for. */
    public static int connectionsFor(long heap) {
        return Math.clamp(leftOf(heap) / OF_A_CONNECTION, FEWEST_CONNECTIONS, MOST_CONNECTIONS);
    }

    /** Has it listen on 127.0.0.1 and ::1 and nowhere else; to be called before it starts. */
    public void listenOnWholeLoopback() {
        endpoint.listenOnWholeLoopback();
    }

    GuardedEndpoint endpoint() {
        return endpoint;
    }

    @Override
    public int getDesiredBufferSize() {
        return ANSWER_BUFFER;
    }
}
