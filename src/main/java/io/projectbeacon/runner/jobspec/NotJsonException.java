package io.projectbeacon.runner.jobspec;

/** Thrown when the bytes are not one JSON document that this service reads. */
final class NotJsonException extends Exception {

    private final String detail;

    NotJsonException(int line, int column, String reason) {
        super(reason);
        this.detail = "line " + line + ", column " + column + ": " + reason;
    }

    /** The line, the column and the reason, without the document's text. */
    String detail() {
        return detail;
    }
}
