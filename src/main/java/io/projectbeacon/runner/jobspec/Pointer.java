package io.projectbeacon.runner.jobspec;

import org.jspecify.annotations.Nullable;

/**
 * A place in the received document, written out only when something is found there: a body may have hundreds of
 * thousands of places and no fault.
 *
 * @param parent what it stands in; null for the document itself
 * @param token the field's name or the item's index in it
 */
record Pointer(@Nullable Pointer parent, Object token) {

    static final Pointer ROOT = new Pointer(null, "");

    Pointer field(String name) {
        return new Pointer(this, name);
    }

    Pointer item(int index) {
        return new Pointer(this, index);
    }

    /** RFC 6901. */
    @Override
    public String toString() {
        return parent == null
                ? ""
                : parent + "/" + token.toString().replace("~", "~0").replace("/", "~1");
    }
}
