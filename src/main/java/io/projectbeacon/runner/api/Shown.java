package io.projectbeacon.runner.api;

/** A client's text as it may stand in a message: short, and without control characters. */
final class Shown {

    private static final int LONGEST = 60;

    private Shown() {}

    static String of(String text) {
        String shortened = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
        return "'" + shortened.replaceAll("[\\p{Cntrl}\\p{Cs}]", "�") + "'";
    }
}
