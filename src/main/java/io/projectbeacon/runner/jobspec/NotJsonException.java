package io.projectbeacon.runner.jobspec;

/** The bytes are not one JSON document that this service reads. */
final class NotJsonException extends Exception {

    private final String detail;

    NotJsonException(int line, int column, String reason) {
        super(reason);
        this.detail = "line " + line + ", column " + column + ": " + reason;
    }

    /** Where and why, without the document's text. */
    String detail() {
        return detail;
    }
}
