package io.projectbeacon.runner.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A command that asks the API. */
abstract class ApiCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print the API's own body, byte for byte, also of a refusal.")
    boolean json;

    private final Surroundings surroundings;

    ApiCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** Returns the exit code. */
    abstract int run(Api api);

    @Override
    public final Integer call() {
        try {
            return run(surroundings.api());
        } catch (CommandException failed) {
            Reply refusal = failed.reply();
            if (json && refusal != null) {
                screen().bytes(refusal.body());
            }
            throw failed;
        }
    }

    /** Prints the answer as it came, where that is asked for. */
    final boolean isPrintedAsJson(Reply reply) {
        if (json) {
            screen().bytes(reply.body());
        }
        return json;
    }

    final Screen screen() {
        return surroundings.screen();
    }

    final byte[] read(String file) {
        return surroundings.read(file);
    }
}
