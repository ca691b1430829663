package io.projectbeacon.runner.jobspec;

import org.jspecify.annotations.Nullable;

/**
 * A place in the received document. Its text is built only when there is a finding at it, because a body may have
 * hundreds of thousands of places and no fault.
 *
 * @param parent the place of the object or array around it; null for the document itself
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

    /** The place as an RFC 6901 pointer. */
    @Override
    public String toString() {
        return parent == null
                ? ""
                : parent + "/" + token.toString().replace("~", "~0").replace("/", "~1");
    }
}
