package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "completion", description = "Print a script that completes commands: source <(beacon completion bash)")
final class CompletionCommand implements Callable<Integer> {

    enum Shell {
        bash,
        zsh
    }

    @Parameters(paramLabel = "bash|zsh", description = "The script is one for both: in zsh it loads bashcompinit.")
    Shell shell = Shell.bash;

    @Spec
    CommandSpec command = CommandSpec.create();

    private final Surroundings surroundings;

    CompletionCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        String script = AutoComplete.bash("beacon", command.root().commandLine());
        surroundings.screen().bytes(script.getBytes(UTF_8));
        return ExitCode.DONE;
    }
}
