package io.projectbeacon.runner;

import io.projectbeacon.runner.cli.BeaconCommand;
import io.projectbeacon.runner.embedded.Migrate;
import io.projectbeacon.runner.security.NewKey;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.scheduling.annotation.EnableScheduling;

@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
public class BeaconRunner {

    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals(NewKey.COMMAND)) {
            System.exit(NewKey.run(args, System.out, System.err));
        }
        if (args.length > 0 && args[0].equals(BeaconCommand.COMMAND)) {
            BeaconCommand.main(Arrays.copyOfRange(args, 1, args.length));
        }
        if (args.length > 0 && args[0].equals(Migrate.COMMAND)) {
            Migrate.run(args);
            System.exit(0);
        }
        SpringApplication.run(BeaconRunner.class, args);
    }
}
