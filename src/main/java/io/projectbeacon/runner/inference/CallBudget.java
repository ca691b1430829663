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
 * <p>Whoever waits is served in the order of coming, and none passes it by: a large call is not kept waiting by small ones for
 * ever. One call alone goes, whatever its size.
 *
 * <p>A long cell keeps its bytes for many calls, one after the other. So all long cells together have three quarters, and a cell
 * of few questions waits for others like it only. Those may take all that is left, but no more than their quarter while a long
 * one waits.
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

    private static final int MOST_QUESTIONS_OF_A_SHORT_CELL = 4;

    private final long most;
    private final boolean simulated;
    private final ReentrantLock state = new ReentrantLock();
    private final Condition changed = state.newCondition();
    private final Kind longCells = new Kind();
    private final Kind shortCells = new Kind();

    CallBudget(InferenceProperties properties) {
        this.most = properties.callBytes();
        this.simulated = properties.provider() == Provider.SIMULATED;
    }

    /** Whether the cell has many calls to make. */
    public static boolean isLong(CellWork cell) {
        return cell.questions().size() > MOST_QUESTIONS_OF_A_SHORT_CELL;
    }

    /** What the calls of a cell take, of which there is one at a time; nothing is taken yet. */
    public Bytes of(CellWork cell) {
        long sent = A_CHARACTER * cell.characters();
        return new Bytes(
                isLong(cell) ? longCells : shortCells, simulated ? A_SIMULATED_CALL + sent : A_CALL + sent + AN_ANSWER);
    }

    /** How many bytes are taken now. */
    long taken() {
        state.lock();
        try {
            return longCells.taken + shortCells.taken;
        } finally {
            state.unlock();
        }
    }

    private boolean fits(Kind kind, long bytes) {
        long alike = kind.taken + bytes;
        long all = longCells.taken + shortCells.taken + bytes;
        long part = kind == longCells ? most - most / 4 : longCells.waits() ? most / 4 : most;
        return kind.taken == 0 || (alike <= part && all <= most);
    }

    private static final class Kind {

        /** Held by the one that waits; the others wait for this lock. */
        private final ReentrantLock order = new ReentrantLock(true);

        private long taken;

        private boolean waits() {
            return order.isLocked();
        }
    }

    /** The bytes of one cell. They can be given back and taken again; used by one thread at a time. */
    public final class Bytes {

        private final Kind kind;
        private final long bytes;
        private boolean held;

        private Bytes(Kind kind, long bytes) {
            this.kind = kind;
            this.bytes = bytes;
        }

        /** Takes them, unless too little is left or another waits; true if they were taken before, too. */
        public boolean tryTake() {
            if (held) {
                return true;
            }
            if (kind.waits()) {
                return false;
            }
            state.lock();
            try {
                held = fits(kind, bytes);
                kind.taken += held ? bytes : 0;
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
            kind.order.lockInterruptibly();
            try {
                takeNext();
            } finally {
                kind.order.unlock();
            }
        }

        private void takeNext() throws InterruptedException {
            state.lockInterruptibly();
            try {
                while (!fits(kind, bytes)) {
                    changed.await();
                }
                kind.taken += bytes;
                held = true;
                changed.signalAll(); // One of the other kind may have waited for this one to have waited.
            } finally {
                state.unlock();
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
                kind.taken -= bytes;
                changed.signalAll();
            } finally {
                state.unlock();
            }
        }
    }
}
