package io.projectbeacon.runner.support;

import java.util.regex.Pattern;

/** Idempotency keys as a test can foretell them: each job's tag is random. */
public final class Keys {

    private static final Pattern TAG = Pattern.compile("/[0-9a-f]{16}(?=(/r\\d+)?$)");

    private Keys() {}

    public static String withoutTag(String key) {
        return TAG.matcher(key).replaceFirst("");
    }
}
