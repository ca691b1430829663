package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures contenders alternately, so that other work of the machine slows all of them alike. */
final class Turns {

    /** The executions of the first drain, whose rate gives the size of the next. */
    private static final int FIRST = 500;

    /** The fewest turns of a warm-up, if no setting says fewer. */
    private static final int SHORTEST_WARM_UP = 3;

    /** A contender is warm when Java's compiler has had less than this share of one processor in a turn. */
    private static final double IDLE_COMPILER = 0.1;

    private static final int FEWEST = 200;
    private static final int MOST = 250_000;

    /** @param executions how many were executed */
    private record Drained(int executions, Duration took, ProcessorTime time) {

        double rate() {
            return executions / (took.toNanos() / 1e9);
        }
    }

    private Turns() {}

    /** What each contender does in each round. */
    static Map<Contender, Measured> drain(List<? extends Contender> contenders) throws Exception {
        Map<Contender, Double> rates = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            rates.put(contender, warmUp(contender));
        }
        Map<Contender, List<Measured.Turn>> turns = new LinkedHashMap<>();
        contenders.forEach(contender -> turns.put(contender, new ArrayList<>()));
        for (int round = 0; round < Settings.rounds(); round++) {
            for (Contender contender : contenders) {
                Drained drained = drained(contender, size(rates.get(contender)));
                turns.get(contender)
                        .add(new Measured.Turn(drained.rate(), drained.time().each(drained.executions())));
            }
        }
        Map<Contender, Measured> measured = new LinkedHashMap<>();
        turns.forEach((contender, all) -> measured.put(contender, new Measured("turns", contender.name(), all)));
        return measured;
    }

    /** The same, put into a group of the report. */
    static List<Measured> drain(Report report, String group, List<? extends Contender> contenders) throws Exception {
        List<Measured> all = drain(contenders).values().stream()
                .map(measured -> measured.in(group))
                .toList();
        all.forEach(report::add);
        return all;
    }

    private static double warmUp(Contender contender) throws Exception {
        double rate = drained(contender, FIRST).rate();
        double share = 1;
        int longest = Settings.warmUp();
        int turns = 0;
        while (turns < longest && (turns < SHORTEST_WARM_UP || share > IDLE_COMPILER)) {
            double before = compiler(contender);
            Drained drained = drained(contender, size(rate));
            share = (compiler(contender) - before) / (drained.took().toNanos() / 1e9);
            rate = drained.rate();
            turns++;
        }
        System.out.printf(
                "  (%s: warm after %d turns, the compiler at %.0f %% of a processor)%n",
                contender.name(), turns, share * 100);
        return rate;
    }

    /** Where it is not known, a warm-up takes its longest. */
    private static double compiler(Contender contender) {
        return ProcessorTime.known() ? ProcessorTime.compiler(contender.processes()) : System.nanoTime() / 1e9;
    }

    private static int size(double rate) {
        return (int) Math.clamp(rate * Settings.turn().toSeconds(), FEWEST, MOST);
    }

    private static Drained drained(Contender contender, int size) throws Exception {
        int executions = contender.fill(size);
        checkpoint();
        ProcessorTime before = ProcessorTime.of(contender.processes());
        Duration took = contender.drain();
        ProcessorTime time = ProcessorTime.of(contender.processes()).since(before);
        contender.rest();
        return new Drained(executions, took, time);
    }

    /** Writes the pages that the filling has changed, so that they are not written during a measurement. */
    static void checkpoint() throws SQLException {
        try (Connection connection = DriverManager.getConnection(TestServers.adminUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        }
    }
}
