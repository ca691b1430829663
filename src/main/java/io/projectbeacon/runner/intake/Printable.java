package io.projectbeacon.runner.intake;

/** Makes a client's text fit for a message: short, and without characters that do not show. */
public final class Printable {

    private static final int LONGEST = 60;

    private Printable() {}

    public static String of(String text) {
        String shortened = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
        return "'" + shortened.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "�") + "'";
    }
}
