package io.projectbeacon.runner.jobspec;

import java.text.Normalizer;

/** The one spelling in which names are compared. */
final class Names {

    private Names() {}

    /** The name without white space around it, in Unicode NFC. */
    static String clean(String name) {
        return Normalizer.normalize(name.strip(), Normalizer.Form.NFC);
    }

    /** How many characters a person would say it has: code points, not UTF-16 units. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
