package io.projectbeacon.runner.arrival;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;

/** What of a connection has come and is not read yet, on a real socket that does not block, as those of the server. */
class UnreadBytesTest {

    @Test
    void a_connection_whose_bytes_are_there_is_not_idle() throws IOException {
        try (ServerSocketChannel server =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(server.getLocalAddress());
                SocketChannel accepted = server.accept()) {
            accepted.configureBlocking(false);
            assertThat(GuardedEndpoint.hasUnread(accepted)).isFalse();
            client.write(ByteBuffer.wrap("GET".getBytes(US_ASCII)));
            // On the loopback, what was written is there.
            assertThat(GuardedEndpoint.hasUnread(accepted)).isTrue();
            assertThat(accepted.read(ByteBuffer.allocate(3))).isEqualTo(3);
            assertThat(GuardedEndpoint.hasUnread(accepted)).isFalse();
            client.close();
            assertThat(GuardedEndpoint.hasUnread(accepted)).isFalse();
        }
    }
}
