package io.projectbeacon.runner.siege;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A process of its own that attacks a port, in one or several ways at once, on half a core. */
final class Attackers {

    private Attackers() {}

    /** Starts it; it ends by itself, and prints what it did. */
    static Process start(int port, Duration lasts, List<Attack> attacks) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Attackers.class.getName(),
                Integer.toString(port),
                Long.toString(lasts.toSeconds())));
        attacks.forEach(attack -> command.add(attack.name()));
        return new ProcessBuilder(command).inheritIO().start();
    }

    public static void main(String[] arguments) throws InterruptedException {
        int port = Integer.parseInt(arguments[0]);
        Duration lasts = Duration.ofSeconds(Long.parseLong(arguments[1]));
        HalfCore time = new HalfCore(lasts);
        List<Thread> attackers = new ArrayList<>();
        for (String name : Arrays.copyOfRange(arguments, 2, arguments.length)) {
            attackers.add(Thread.ofPlatform().name(name).start(() -> run(Attack.valueOf(name), port, time, lasts)));
        }
        for (Thread attacker : attackers) {
            attacker.join();
        }
    }

    private static void run(Attack attack, int port, HalfCore time, Duration lasts) {
        Target target = new Target(port);
        String end = "";
        try {
            attack.run(target, time);
        } catch (Exception broken) {
            end = ", ended by " + broken;
        }
        String answers = target.answers().entrySet().stream()
                .map(answer -> "%s %d (%.1f/s)"
                        .formatted(
                                answer.getKey(),
                                answer.getValue().sum(),
                                answer.getValue().sum() / (double) lasts.toSeconds()))
                .collect(Collectors.joining(", "));
        System.out.printf("%s for %d s: %s; %.2f of a core%s%n", attack, lasts.toSeconds(), answers, time.share(), end);
    }
}
