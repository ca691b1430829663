package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import org.jspecify.annotations.Nullable;

/**
 * What the reader of a page may do, so that it shows no button that would be refused.
 *
 * @param view see jobs
 * @param caller whose request it is; empty when that is not known
 * @param loggedIn by a session, which can be ended
 */
record Rights(boolean view, boolean submit, boolean operate, String caller, boolean loggedIn) {

    static final Rights NONE = new Rights(false, false, false, "", false);

    static Rights of(@Nullable Caller caller, boolean loggedIn) {
        return caller == null
                ? NONE
                : new Rights(
                        caller.has(Role.VIEWER),
                        caller.has(Role.SUBMITTER),
                        caller.has(Role.OPERATOR),
                        caller.name(),
                        loggedIn);
    }
}
