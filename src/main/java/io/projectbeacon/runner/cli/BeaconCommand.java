package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;

/** The command line of the service: {@code ./beacon}, or {@code java -jar beacon-runner.jar cli}. */
@Command(
        name = "beacon",
        description = "Submits jobs to Beacon Runner and looks after them.",
        footer = {
            "",
            "Environment: BEACON_URL (http://127.0.0.1:8080), BEACON_KEY, NO_COLOR.",
            "Exit codes: 0 done or completed; 1 the job is partial, failed or cancelled;",
            "2 wrong use or refused input; 3 the service cannot be reached; 4 not allowed."
        })
public final class BeaconCommand {

    /** The first argument with which the jar is this command line and no service. */
    public static final String COMMAND = "cli";

    /** Rows and columns of the terminal, set by the launcher where the output goes to one. */
    private static final String TERMINAL = "beacon.terminal";

    @CommandLine.Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show this help.")
    boolean help;

    private BeaconCommand() {}

    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8);
        Screen screen = new Screen(out, err, terminal(System.getProperty(TERMINAL, ""), System.getenv()));
        System.exit(run(arguments, new Surroundings(screen, System.getenv(), System.in), out, err));
    }

    /** Returns the exit code. */
    static int run(
            String[] arguments, Map<String, String> environment, InputStream in, PrintStream out, PrintStream err) {
        return run(arguments, new Surroundings(new Screen(out, err, null), environment, in), out, err);
    }

    private static int run(String[] arguments, Surroundings surroundings, PrintStream out, PrintStream err) {
        Screen.Terminal terminal = surroundings.screen().terminal();
        return new CommandLine(new BeaconCommand())
                .addSubcommand(new SubmitCommand(surroundings))
                .addSubcommand(new PlanCommand(surroundings))
                .addSubcommand(new JobsCommand(surroundings))
                .addSubcommand(new JobCommand(surroundings))
                .addSubcommand(new RetryCommand(surroundings))
                .addSubcommand(new CancelCommand(surroundings))
                .addSubcommand(new DuplicatesCommand(surroundings))
                .addSubcommand(new SignCommand(surroundings))
                .addSubcommand(new DemoCommand())
                .addSubcommand(new CompletionCommand(surroundings))
                // Said here, since picocli would look for a terminal by itself, and differently.
                .setColorScheme(
                        Help.defaultColorScheme(terminal != null && terminal.colours() ? Help.Ansi.ON : Help.Ansi.OFF))
                .setOut(new PrintWriter(new OutputStreamWriter(out, UTF_8), true))
                .setErr(new PrintWriter(new OutputStreamWriter(err, UTF_8), true))
                .setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, surroundings.screen()))
                .execute(arguments);
    }

    private static int failed(Exception failure, Screen screen) {
        if (failure instanceof CommandException told) {
            told.lines().forEach(screen::note);
            return told.exitCode();
        }
        screen.note("beacon: this is a mistake of the command line itself: " + failure);
        return ExitCode.BROKEN;
    }

    static Screen.@Nullable Terminal terminal(String rowsAndColumns, Map<String, String> environment) {
        String[] size = rowsAndColumns.strip().split(" ");
        boolean dumb = environment.getOrDefault("TERM", "dumb").equals("dumb");
        if (dumb || size.length != 2 || !size[0].matches("\\d{1,4}") || !size[1].matches("\\d{1,4}")) {
            return null;
        }
        // A terminal that does not say how large it is, says 0.
        int rows = Integer.parseInt(size[0]);
        int columns = Integer.parseInt(size[1]);
        boolean colours = environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Screen.Terminal(rows == 0 ? 24 : rows, columns == 0 ? 80 : columns, colours);
    }
}
