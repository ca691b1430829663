package io.projectbeacon.runner.database;

import org.springframework.dao.TransientDataAccessResourceException;

/** It is not known whether something was committed, or whether a commit would outlive the loss of the primary. */
public class NotConfirmedException extends TransientDataAccessResourceException {

    private static final long serialVersionUID = 1L;

    public NotConfirmedException(String message) {
        super(message);
    }

    public NotConfirmedException(String message, Throwable cause) {
        super(message, cause);
    }
}
