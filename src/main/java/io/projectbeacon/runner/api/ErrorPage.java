package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.arrival.CutOffException;
import io.projectbeacon.runner.intake.ProblemException;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

/** Writes the problem document of an error outside of any controller, such as in an endpoint of the actuator. */
@Controller
class ErrorPage implements ErrorController {

    @RequestMapping("${spring.web.error.path:${error.path:/error}}")
    ResponseEntity<ProblemDetail> error(HttpServletRequest request) {
        CutOffException.Reason cut = ArrivingRequest.cutOff(request);
        if (cut != null) {
            // Tomcat has made a 400 of it: to Tomcat, the client has ended its body too early.
            ProblemException problem = CutOff.problem(cut);
            return ResponseEntity.status(problem.getStatusCode())
                    .headers(problem.getHeaders())
                    .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                    .body(problem.getBody());
        }
        HttpStatusCode status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
                ? HttpStatusCode.valueOf(code)
                : HttpStatus.NOT_FOUND;
        String said = request.getAttribute(RequestDispatcher.ERROR_MESSAGE) instanceof String text ? text : "";
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(ProblemDetail.forStatusAndDetail(
                        status, said.isBlank() ? "This cannot be answered here." : said));
    }
}
