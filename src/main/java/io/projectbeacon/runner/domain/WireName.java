package io.projectbeacon.runner.domain;

import java.util.Locale;

/** Enum constants are written in lower case everywhere outside the code: in JSON, in labels and in the database. */
public final class WireName {

    private WireName() {}

    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
