package io.projectbeacon.runner.bench;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * The service in a process of its own, of whatever commit its class path has: it uses nothing of the service but two
 * names. The benchmark tells it what to do by lines on its standard input, and each is answered by one line.
 */
public final class ServiceHost {

    /** As {@link Child} has it, which is not beside this class in the process. */
    private static final String ANSWER = "host: ";

    private ServiceHost() {}

    /** @param properties of the service, as {@code --name=value} */
    public static void main(String[] properties) throws Exception {
        Class<?> application = Class.forName("io.projectbeacon.runner.BeaconRunner");
        ConfigurableApplicationContext context = SpringApplication.run(application, properties);
        SmartLifecycle worker =
                (SmartLifecycle) context.getBean(Class.forName("io.projectbeacon.runner.worker.WorkerPool"));
        answer(context.getEnvironment().getRequiredProperty("local.server.port"));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            answer(does(line.split(" "), context, worker));
        }
        // The benchmark has ended, or gone. Its databases are not used again, so there is nothing to be put in order.
        Runtime.getRuntime().halt(0);
    }

    private static String does(String[] command, ConfigurableApplicationContext context, SmartLifecycle worker)
            throws IOException {
        switch (command[0]) {
            case "start" -> worker.start();
            case "stop" -> worker.stop();
            case "heap" -> {
                System.gc();
                return Long.toString(
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
            case "threads" -> {
                return Integer.toString(ManagementFactory.getThreadMXBean().getThreadCount());
            }
            case "metric" -> {
                double sum = context.getBean(MeterRegistry.class).find(command[1]).meters().stream()
                        .mapToDouble(meter -> meter.measure().iterator().next().getValue())
                        .sum();
                return Double.toString(sum);
            }
            default -> throw new IOException("not a command: " + String.join(" ", command));
        }
        return "done";
    }

    private static void answer(String answer) {
        System.out.println(ANSWER + answer);
    }
}
