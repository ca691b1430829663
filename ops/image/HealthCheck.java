import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * Asks the service whether its process is well, for the image's HEALTHCHECK. The image needs neither a shell nor curl for
 * it, and a plain socket starts several times faster than an HTTP client. It is liveness, not readiness: a container that
 * is restarted because its database is away would lose the answers it is holding for it.
 */
void main(String[] args) throws IOException {
    int port = Integer.parseInt(args[0]);
    try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 2_000);
        socket.setSoTimeout(2_000);
        socket.getOutputStream().write("GET /actuator/health/liveness HTTP/1.0\r\n\r\n".getBytes());
        String status = new String(socket.getInputStream().readNBytes(12));
        System.exit(status.endsWith(" 200") ? 0 : 1);
    }
}
