package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.arrival.CutOffException;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.logs.SparingLog;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.transaction.TransactionException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.servlet.ModelAndView;

/** Answers what goes wrong in a page by a page: the API's own words, and what to do next. */
@ControllerAdvice(basePackageClasses = PageProblems.class)
@Order(Ordered.HIGHEST_PRECEDENCE)
class PageProblems {

    private static final Logger log = LoggerFactory.getLogger(PageProblems.class);

    private final SparingLog failures = new SparingLog();
    private final ProblemPage pages;

    PageProblems(ProblemPage pages) {
        this.pages = pages;
    }

    @ExceptionHandler({
        DataAccessResourceFailureException.class,
        TransientDataAccessException.class,
        TransactionException.class
    })
    ModelAndView databaseAway(HttpServletRequest request) {
        return pages.of(request, HttpStatus.SERVICE_UNAVAILABLE, "The database cannot be reached.");
    }

    @ExceptionHandler
    ModelAndView noRoom(NoRoomException full, HttpServletRequest request) {
        return pages.of(request, HttpStatus.SERVICE_UNAVAILABLE, "The service has no memory left for this now.");
    }

    @ExceptionHandler({CutOffException.class, UncheckedIOException.class})
    ModelAndView cutOff(HttpServletRequest request) {
        return pages.of(request, HttpStatus.BAD_REQUEST, "The form did not come to its end, so nothing was done.");
    }

    @ExceptionHandler
    ModelAndView notOfItsType(TypeMismatchException failure, HttpServletRequest request) {
        return pages.of(request, HttpStatus.BAD_REQUEST, "A part of this address is not what is expected there.");
    }

    @ExceptionHandler
    @Nullable
    ModelAndView unexpected(Exception failure, HttpServletRequest request, HttpServletResponse response) {
        if (response.isCommitted()) {
            log.debug("The page has begun; what failed then is not told", failure);
            return null;
        }
        if (failure instanceof ErrorResponse refused) {
            refused.getHeaders().forEach((name, values) -> values.forEach(value -> response.addHeader(name, value)));
            ProblemDetail body = refused.getBody();
            Map<String, Object> further = body.getProperties();
            return pages.of(
                    request,
                    refused.getStatusCode(),
                    String.valueOf(body.getDetail()),
                    further == null ? null : further.get("errors"));
        }
        failures.line(before -> log.atError()
                .setCause(failure)
                .addKeyValue("also_before", before)
                .log("Answering 500"));
        return pages.of(request, HttpStatus.INTERNAL_SERVER_ERROR, "Something broke here.");
    }
}
