package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The command that draws a key and prints it with the line to configure. It starts nothing and stores nothing. */
public final class NewKey {

    public static final String COMMAND = "new-key";

    static final String USAGE = COMMAND + " --caller=acme --roles=submitter+metrics";

    private static final int RANDOM_BYTES = 24;

    private NewKey() {}

    /** Prints a new key. Returns the exit code: 0, or 2 after printing what is wrong with the arguments. */
    public static int run(String[] arguments, PrintStream out, PrintStream err) {
        Optional<String> caller = value(arguments, "--caller=").filter(Caller::isName);
        Optional<String> roles = value(arguments, "--roles=");
        if (arguments.length != 3 || caller.isEmpty() || roles.isEmpty()) {
            err.println("Usage: " + USAGE + " (a caller's name has letters, digits and ._:@|+~-)");
            return 2;
        }
        try {
            Caller named = new Caller(caller.get(), ApiKey.roles(roles.get().replace(',', '+')));
            String key = random();
            out.printf("""
                    Key of %1$s, shown only now:
                      %2$s
                    Line for beacon.security.api-keys, or for the file of beacon.security.api-keys-file:
                      %1$s %3$s %4$s
                    """, named.name(), key, names(named.roles()), ApiKey.hash(key));
            return 0;
        } catch (IllegalArgumentException unknown) {
            err.println("Usage: " + USAGE + " (" + unknown.getMessage() + ")");
            return 2;
        }
    }

    private static String random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        return ApiKey.PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String names(Set<Role> roles) {
        return new TreeSet<>(roles).stream().map(Role::wireName).collect(Collectors.joining("+"));
    }

    private static Optional<String> value(String[] arguments, String name) {
        Optional<String> found = Optional.empty();
        for (String argument : arguments) {
            if (argument.startsWith(name)) {
                found = Optional.of(argument.substring(name.length()));
            }
        }
        return found;
    }
}
