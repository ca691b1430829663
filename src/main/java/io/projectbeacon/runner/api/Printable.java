package io.projectbeacon.runner.api;

/** Makes a client's text fit for a message: short, and without characters that do not show. */
final class Printable {

    private static final int LONGEST = 60;

    private Printable() {}

    static String of(String text) {
        String shortened = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
        return "'" + shortened.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "�") + "'";
    }
}
