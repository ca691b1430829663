package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.domain.Sha256;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** One key for each of the tests' callers in each role, the same in every run. */
final class CallerKeys {

    private static final List<String> CALLERS =
            List.of("acme", "zeta", "tau", "ops", "light", "heavy", "small", "large", "other");

    private static final String EVERY_ROLE =
            Arrays.stream(Role.values()).map(Role::wireName).collect(Collectors.joining("+"));

    private CallerKeys() {}

    /** The properties that put all of them into force. */
    static List<String> properties() {
        List<String> lines = new ArrayList<>(List.of(line(Caller.ONLY.name(), EVERY_ROLE)));
        for (String caller : CALLERS) {
            for (Role role : Role.values()) {
                lines.add(line(caller, role.wireName()));
            }
        }
        List<String> properties = new ArrayList<>();
        for (int at = 0; at < lines.size(); at++) {
            properties.add("--beacon.security.api-keys[%d]=%s".formatted(at, lines.get(at)));
        }
        return properties;
    }

    /** The header, as name and value, of a caller in one role. */
    static String[] header(String caller, Role role) {
        return new String[] {"X-Api-Key", key(caller, role.wireName())};
    }

    /** The header of the default caller, who may do everything. */
    static String[] headerOfDefault() {
        return new String[] {"X-Api-Key", key(Caller.ONLY.name(), EVERY_ROLE)};
    }

    private static String line(String caller, String roles) {
        return caller + " " + roles + " " + Sha256.hex(key(caller, roles).getBytes(UTF_8));
    }

    private static String key(String caller, String roles) {
        return "bk_" + Sha256.hex((caller + " " + roles).getBytes(UTF_8));
    }
}
