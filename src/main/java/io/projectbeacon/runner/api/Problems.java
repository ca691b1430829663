package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.CutOffException;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.intake.NoRoom;
import io.projectbeacon.runner.intake.Printable;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.logs.SparingLog;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Turns every exception of a request into one problem document. */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(Problems.class);
    private static final String READ_ONLY_SQL_TRANSACTION = "25006";
    private static final String NOTHING_HERE = "There is nothing at this path.";

    private final SparingLog away = new SparingLog();
    private final SparingLog failures = new SparingLog();

    @ExceptionHandler({DataAccessException.class, TransactionException.class})
    ResponseEntity<Object> database(Exception failure, WebRequest request) {
        if (!isAway(failure)) {
            return unexpected(failure, request);
        }
        away.line(before -> log.atWarn()
                .addKeyValue("also_before", before)
                .log("Answering 503, the database is away: {}", Failures.inWords(failure)));
        HttpHeaders headers = new HttpHeaders();
        headers.set(HttpHeaders.RETRY_AFTER, String.valueOf(ProblemException.SECONDS_UNTIL_DATABASE));
        return respond(failure, databaseAway(), headers, HttpStatus.SERVICE_UNAVAILABLE, request);
    }

    static ProblemDetail databaseAway() {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE,
                "The database cannot be reached. Nothing was stored unless an answer was lost; send the same request"
                        + " again.");
    }

    @ExceptionHandler
    ResponseEntity<Object> noRoom(NoRoomException full, WebRequest request) {
        ProblemException problem = NoRoom.problem();
        return respond(full, problem.getBody(), problem.getHeaders(), HttpStatus.SERVICE_UNAVAILABLE, request);
    }

    @ExceptionHandler
    ResponseEntity<Object> cutOff(CutOffException cut, WebRequest request) {
        ProblemException problem = CutOff.problem(cut.reason());
        return respond(cut, problem.getBody(), problem.getHeaders(), problem.getStatusCode(), request);
    }

    @ExceptionHandler
    ResponseEntity<Object> unreadable(IOException failure, WebRequest request) {
        log.debug("The request could not be read", failure);
        ProblemDetail body =
                ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, "The request could not be read to its end.");
        return respond(failure, body, new HttpHeaders(), HttpStatus.BAD_REQUEST, request);
    }

    @ExceptionHandler
    ResponseEntity<Object> unexpected(Exception failure, WebRequest request) {
        if (isUnknownHealth(failure)) {
            ProblemDetail body = ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, NOTHING_HERE);
            return respond(failure, body, new HttpHeaders(), HttpStatus.NOT_FOUND, request);
        }
        failures.line(before -> log.atError()
                .setCause(failure)
                .addKeyValue("also_before", before)
                .log("Answering 500"));
        return respond(failure, broken(), new HttpHeaders(), HttpStatus.INTERNAL_SERVER_ERROR, request);
    }

    /** Spring Boot's health endpoint fails, in place of a 404, where a path goes on below a component that has no others. */
    private static boolean isUnknownHealth(Exception failure) {
        return failure instanceof IllegalStateException
                && Stream.of(failure.getStackTrace())
                        .limit(3)
                        .anyMatch(frame -> frame.getClassName().endsWith(".HealthEndpointSupport"));
    }

    static ProblemDetail broken() {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.INTERNAL_SERVER_ERROR, "Something broke here. The log of the service says what.");
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String name =
                failure instanceof MethodArgumentTypeMismatchException argument ? argument.getName() : "parameter";
        String detail = (failure.getValue() instanceof String text ? Printable.of(text) : "what it holds")
                + " is not what is expected here.";
        ProblemDetail body = ProblemDetail.forStatusAndDetail(
                HttpStatus.BAD_REQUEST, "The parameter " + name + " is not valid: " + detail);
        body.setProperty("errors", List.of(new ProblemException.ParameterFault(name, detail)));
        return handleExceptionInternal(failure, body, headers, HttpStatus.BAD_REQUEST, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleNoResourceFoundException(
            NoResourceFoundException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        ProblemDetail body = ProblemDetail.forStatusAndDetail(status, NOTHING_HERE);
        return handleExceptionInternal(failure, body, headers, status, request);
    }

    /** A client that is gone, or has broken its body so that Tomcat has answered, is told nothing more, and is no news. */
    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception failure, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (request instanceof ServletWebRequest servlet
                && servlet.getResponse() != null
                && servlet.getResponse().isCommitted()) {
            log.debug("The answer has begun; what failed then is not told", failure);
            return null;
        }
        return super.handleExceptionInternal(failure, body, headers, status, request);
    }

    /** The type is set here, so that an Accept header that cannot be met, or read, does not empty the answer. */
    @Override
    protected ResponseEntity<Object> createResponseEntity(
            @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        HttpHeaders typed = new HttpHeaders(headers);
        typed.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        return new ResponseEntity<>(body, typed, status);
    }

    private ResponseEntity<Object> respond(
            Exception failure, ProblemDetail body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        ResponseEntity<Object> response = handleExceptionInternal(failure, body, headers, status, request);
        return response == null ? ResponseEntity.status(status).build() : response;
    }

    static boolean isAway(Exception failure) {
        return failure instanceof CannotCreateTransactionException
                || failure instanceof DataAccessResourceFailureException
                || failure instanceof TransientDataAccessException
                || failure instanceof TransactionException
                || isReadOnly(failure);
    }

    /** After a failover the old primary refuses to write; the new primary will take the request that is sent again. */
    private static boolean isReadOnly(Exception failure) {
        return NestedExceptionUtils.getMostSpecificCause(failure) instanceof SQLException refused
                && READ_ONLY_SQL_TRANSACTION.equals(refused.getSQLState());
    }
}
