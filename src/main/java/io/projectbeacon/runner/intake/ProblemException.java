package io.projectbeacon.runner.intake;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request that is refused, with the problem document that says why (RFC 9457). */
public final class ProblemException extends ErrorResponseException {

    private static final long serialVersionUID = 1L;

    /** After which an answer that the database is away asks to be sent again. */
    public static final int SECONDS_UNTIL_DATABASE = 5;

    public ProblemException(HttpStatus status, String detail) {
        super(status, ProblemDetail.forStatusAndDetail(status, detail), null);
    }

    /** @param errors one for each fault: {@code pointer} into the document or {@code parameter}, and {@code detail} */
    public ProblemException(HttpStatus status, String detail, List<?> errors) {
        this(status, detail);
        getBody().setProperty("errors", errors);
    }

    public static ProblemException noSuchJob(String id) {
        return new ProblemException(HttpStatus.NOT_FOUND, "There is no job with the id " + Printable.of(id) + ".");
    }

    /** A fault of a query parameter or a header. */
    public record ParameterFault(String parameter, String detail) {}

    public static ProblemException badParameter(String name, String detail) {
        return new ProblemException(
                HttpStatus.BAD_REQUEST,
                "The parameter " + name + " is not valid: " + detail,
                List.of(new ParameterFault(name, detail)));
    }
}
