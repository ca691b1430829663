package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.domain.Sha256;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A key as it is configured: whose it is, and its hash. The key itself is nowhere kept. One pass of SHA-256 is enough,
 * because a key is 192 random bits: a slow hash protects words that can be guessed.
 *
 * @param sha256 64 hex digits in lower case
 */
record ApiKey(Caller caller, String sha256) {

    static final String PREFIX = "bk_";

    /** The least is 22 characters of 6 bits; a shorter text was not drawn at random with 128 bits. */
    private static final Pattern KEY = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{22,200}");

    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final String ROLES =
            Arrays.stream(Role.values()).map(Role::wireName).collect(Collectors.joining(", "));

    /** Whether a text has the form of a key; a text that has not is compared with no key. */
    static boolean isKey(String text) {
        return KEY.matcher(text).matches();
    }

    static String hash(String key) {
        return Sha256.hex(key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    /**
     * Reads one key from each line that is neither blank nor a comment.
     *
     * @throws IllegalArgumentException when one of them is no key; the message has nothing of the line in it, since a
     *     person may have put the key where its hash belongs
     */
    static List<ApiKey> parse(List<String> lines) {
        List<ApiKey> keys = new ArrayList<>();
        Map<String, Caller> known = new HashMap<>();
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                ApiKey key = parse(line, at + 1);
                Caller before = known.putIfAbsent(key.sha256, key.caller);
                if (before != null && !before.equals(key.caller)) {
                    throw fault(at + 1, "the same key stands above, with another caller or other roles");
                }
                keys.add(key);
            }
        }
        return List.copyOf(keys);
    }

    private static ApiKey parse(String line, int number) {
        String[] fields = SPACE.split(line);
        if (fields.length != 3) {
            throw fault(number, "a key is a caller, its roles and a SHA-256, with spaces between them");
        }
        if (!Caller.isName(fields[0])) {
            throw fault(number, "its caller is not a name of letters, digits and ._:@|+~-");
        }
        if (!HASH.matcher(fields[2]).matches()) {
            throw fault(number, "its last part is not the SHA-256 of a key, 64 hex digits in lower case");
        }
        return new ApiKey(new Caller(fields[0], roles(fields[1], number)), fields[2]);
    }

    /** The roles that {@code new-key} is asked for, in the same spelling. */
    static Set<Role> roles(String text) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String name : text.split("\\+", -1)) {
            roles.add(Role.ofWireName(name)
                    .orElseThrow(
                            () -> new IllegalArgumentException("its roles are not of " + ROLES + ", joined by +")));
        }
        return roles;
    }

    private static Set<Role> roles(String text, int number) {
        try {
            return roles(text);
        } catch (IllegalArgumentException unknown) {
            throw fault(number, String.valueOf(unknown.getMessage()));
        }
    }

    private static IllegalArgumentException fault(int number, String what) {
        return new IllegalArgumentException("key " + number + ": " + what);
    }
}
