package io.projectbeacon.runner.arrival;

import org.apache.coyote.http11.Http11NioProtocol;

/** Tomcat's HTTP/1.1, on a {@link GuardedEndpoint}. Public, as Tomcat makes it by its name. */
public class GuardedProtocol extends Http11NioProtocol {

    /** Six bytes each, of which a request needs none before it is answered. */
    private static final int ANSWER_BUFFER = 2048;

    /** Connections that wait for bytes may take an eighth of the heap. */
    private static final int SHARE_OF_THE_HEAP = 8;

    private static final int OF_A_CONNECTION = 32 * 1024;

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

    /** How many connections a heap of this size has room for. */
    public static int connectionsFor(long heap) {
        return (int) Math.min(MOST_CONNECTIONS, heap / SHARE_OF_THE_HEAP / OF_A_CONNECTION);
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
