package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Provider;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.stereotype.Component;

/**
 * The bytes of heap that calls under way may hold: what each sends, and what it may be answered. They are taken before a cell is
 * claimed, so that none that is claimed waits for them, and given back when its end is stored.
 *
 * <p>Whoever waits is served in the order of coming, and nobody passes it by: a large call is not kept waiting by small ones for
 * ever. One call alone goes, whatever its size.
 */
@Component
public final class CallBudget {

    /** Of an HTTP call: its connection, with the buffers of both sides, its threads, and what is noted of it. */
    private static final int A_CALL = 32 * 1024;

    /** Of a simulated one. */
    private static final int A_SIMULATED_CALL = 4 * 1024;

    /** A character of what is sent is held as a text and as bytes, of which some take three. */
    private static final int A_CHARACTER = 4;

    /** An answer is held as bytes and as a text, and then as what is read out of it and as what is written. */
    private static final int AN_ANSWER = 2 * BoundedBody.SMALL_BYTES;

    private final long most;
    private final boolean simulated;

    /** Held by the one that waits; the others wait for this lock. */
    private final ReentrantLock order = new ReentrantLock(true);

    private final ReentrantLock state = new ReentrantLock();
    private final Condition givenBack = state.newCondition();
    private long taken;

    CallBudget(InferenceProperties properties) {
        this.most = properties.callBytes();
        this.simulated = properties.provider() == Provider.SIMULATED;
    }

    /** What the calls of a cell take, of which there is one at a time; nothing is taken yet. */
    public Bytes of(CellWork cell) {
        long sent = A_CHARACTER * cell.characters();
        return new Bytes(simulated ? A_SIMULATED_CALL + sent : A_CALL + sent + AN_ANSWER);
    }

    private boolean fits(long bytes) {
        return taken == 0 || taken + bytes <= most;
    }

    /** The bytes of one cell. They can be given back and taken again; used by one thread at a time. */
    public final class Bytes {

        private final long bytes;
        private boolean held;

        private Bytes(long bytes) {
            this.bytes = bytes;
        }

        /** Takes them, unless too little is left or another waits; true if they were taken before, too. */
        public boolean tryTake() {
            if (held) {
                return true;
            }
            if (order.isLocked()) {
                return false;
            }
            state.lock();
            try {
                held = fits(bytes);
                taken += held ? bytes : 0;
                return held;
            } finally {
                state.unlock();
            }
        }

        /** Waits until they can be taken. A caller holds nothing meanwhile that a call under way may wait for. */
        public void take() throws InterruptedException {
            if (held) {
                return;
            }
            order.lockInterruptibly();
            try {
                state.lockInterruptibly();
                try {
                    while (!fits(bytes)) {
                        givenBack.await();
                    }
                    taken += bytes;
                    held = true;
                } finally {
                    state.unlock();
                }
            } finally {
                order.unlock();
            }
        }

        /** Gives them back, if they are taken. */
        public void giveBack() {
            if (!held) {
                return;
            }
            held = false;
            state.lock();
            try {
                taken -= bytes;
                givenBack.signal();
            } finally {
                state.unlock();
            }
        }
    }

    /** How many bytes are taken now. */
    long taken() {
        state.lock();
        try {
            return taken;
        } finally {
            state.unlock();
        }
    }
}
