package io.projectbeacon.runner.security;

import java.util.Locale;

/** The host and port of a {@code Host} header or an origin. */
final class Authority {

    private Authority() {}

    /** The host without its port, in lower case; an IPv6 address in its brackets. */
    static String name(String authority) {
        int port = authority.lastIndexOf(':');
        boolean hasPort = port > authority.lastIndexOf(']');
        return (hasPort ? authority.substring(0, port) : authority).toLowerCase(Locale.ROOT);
    }

    /** Whether an origin, such as {@code https://runner.example}, is of the host that a request was sent to. */
    static boolean isSameOrigin(String origin, String host) {
        return isSame(origin, "http://", host, ":80") || isSame(origin, "https://", host, ":443");
    }

    private static boolean isSame(String origin, String scheme, String host, String defaultPort) {
        return origin.regionMatches(true, 0, scheme, 0, scheme.length())
                && without(defaultPort, origin.substring(scheme.length())).equalsIgnoreCase(without(defaultPort, host));
    }

    private static String without(String port, String authority) {
        return authority.endsWith(port) ? authority.substring(0, authority.length() - port.length()) : authority;
    }
}
