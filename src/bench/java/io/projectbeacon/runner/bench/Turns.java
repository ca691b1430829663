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

/** Lets contenders take turns, so that whatever else the machine does hits all alike. */
final class Turns {

    /** The guess from which the first real size is made. */
    private static final int FIRST = 500;

    /** Enough for the compiler to be done with the code; with less the service was still getting faster round by round. */
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

    /** What the filling left to be written must not be written during somebody's turn. */
    static void checkpoint() throws SQLException {
        try (Connection connection = DriverManager.getConnection(TestServers.adminUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        }
    }
}
