package io.projectbeacon.runner.domain;

import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Whose request it is: a tenant with one name and any number of keys. It owns jobs, ids and idempotency keys.
 *
 * @param name holds no slash, so that {@code caller/job} is read in one way only
 */
public record Caller(String name, Set<Role> roles) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:@|+~-]{0,127}");

    /** The one caller of a service without keys: it may do everything. */
    public static final Caller ONLY = new Caller("default", EnumSet.allOf(Role.class));

    public Caller {
        if (!isName(name)) {
            throw new IllegalArgumentException("\"" + name + "\" is not the name of a caller: " + NAME);
        }
        roles = Set.copyOf(roles);
    }

    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** Whether one of the roles includes that one. */
    public boolean has(Role needed) {
        return roles.stream().anyMatch(role -> role.includes(needed));
    }
}
