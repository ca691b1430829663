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

    /** Enough for the JIT compiler to finish; with less the service was still getting faster round by round. */
    private static final Duration WARM_UP = Duration.ofSeconds(15);

    private static final int FEWEST = 200;
    private static final int MOST = 150_000;

    private Turns() {}

    /** The executions a second of each contender in each round. */
    static List<Figure> drain(String group, List<Contender> contenders) throws Exception {
        Map<Contender, Double> rates = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            rates.put(contender, warmUp(contender));
        }
        Map<Contender, List<Double>> values = new LinkedHashMap<>();
        contenders.forEach(contender -> values.put(contender, new ArrayList<>()));
        for (int round = 0; round < Settings.rounds(); round++) {
            for (Contender contender : contenders) {
                values.get(contender).add(rate(contender, size(rates.get(contender))));
            }
        }
        return contenders.stream()
                .map(contender -> new Figure(group, contender.name(), "/s", values.get(contender)))
                .toList();
    }

    private static double warmUp(Contender contender) throws Exception {
        double rate = rate(contender, FIRST);
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < WARM_UP.toNanos()) {
            rate = rate(contender, size(rate));
        }
        return rate;
    }

    private static int size(double rate) {
        return (int) Math.clamp(rate * Settings.turn().toSeconds(), FEWEST, MOST);
    }

    private static double rate(Contender contender, int size) throws Exception {
        int executions = contender.fill(size);
        checkpoint();
        Duration took = contender.drain();
        return executions / (took.toNanos() / 1e9);
    }

    /** Writes the pages that the filling has changed, so that they are not written during a measurement. */
    static void checkpoint() throws SQLException {
        try (Connection connection = DriverManager.getConnection(TestServers.adminUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        }
    }
}
