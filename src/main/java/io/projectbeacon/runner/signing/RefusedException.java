package io.projectbeacon.runner.signing;

/** Ends the checks of a JobSpec at the first that fails: what comes after it would rely on it. */
final class RefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    RefusedException(Refusal.Reason reason, String pointer, String detail) {
        super(detail, null, false, false);
        this.refusal = new Refusal(reason, pointer, detail);
    }

    /** The same, with its place seen from one level further out. */
    RefusedException within(String token) {
        String escaped = token.replace("~", "~0").replace("/", "~1");
        return new RefusedException(refusal.reason(), "/" + escaped + refusal.pointer(), refusal.detail());
    }

    Refusal refusal() {
        return refusal;
    }
}
