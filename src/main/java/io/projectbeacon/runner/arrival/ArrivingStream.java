package io.projectbeacon.runner.arrival;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.util.function.Consumer;

/** A request's body, whose reader's waits are known to the {@link Arrival}. */
final class ArrivingStream extends ServletInputStream {

    private final ServletInputStream in;
    private final Arrival arrival;
    private final Consumer<CutOffException.Reason> onCut;
    private final byte[] one = new byte[1];

    ArrivingStream(ServletInputStream in, Arrival arrival, Consumer<CutOffException.Reason> onCut) {
        this.in = in;
        this.arrival = arrival;
        this.onCut = onCut;
    }

    @Override
    public int read() throws IOException {
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
        int bytes = -1;
        arrival.beginWait();
        try {
            bytes = in.read(buffer, from, length);
        } catch (IOException broken) {
            CutOffException.Reason reason = arrival.cut();
            if (reason == null) {
                throw broken;
            }
            onCut.accept(reason);
            throw new CutOffException(reason);
        } finally {
            arrival.endWait(bytes);
        }
        return bytes;
    }

    @Override
    public boolean isFinished() {
        return in.isFinished();
    }

    @Override
    public boolean isReady() {
        return in.isReady();
    }

    @Override
    public void setReadListener(ReadListener listener) {
        in.setReadListener(listener);
    }
}
