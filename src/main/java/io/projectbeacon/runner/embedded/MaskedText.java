package io.projectbeacon.runner.embedded;

import java.util.regex.Pattern;

/** Takes secrets out of what Spring Boot and drivers say about a setting: they repeat its value, or the URL that it is in. */
final class MaskedText {

    private static final String MASK = "****";

    /** Boot looks the value up again, also where the exception has left it out. */
    private static final Pattern VALUE =
            Pattern.compile("(?s)(?<=Invalid value ').*?(?=' for configuration property '([^']*)')");

    private static final Pattern SECRET =
            Pattern.compile("(?i).*(?:key|secret|token|password|credential|url)s?(?:\\[\\d+])?|.*\\.headers\\..*");

    /** User and password before a host; what is quoted may have white space in it. */
    private static final Pattern USER = Pattern.compile("(?<=//)[^'\"]*(?=@)");

    private static final Pattern PARAMETER =
            Pattern.compile("(?i)(?<=[?&;][a-z_.-]{0,40}(?:key|secret|token|password)=)[^&;'\"\\s]*");

    private MaskedText() {}

    static String of(String text) {
        String masked = VALUE.matcher(text)
                .replaceAll(value -> SECRET.matcher(value.group(1)).matches() ? MASK : "$0");
        return PARAMETER.matcher(USER.matcher(masked).replaceAll(MASK)).replaceAll(MASK);
    }
}
