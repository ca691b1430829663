package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;

/** Has the error page written for an error that comes without a body, as those of the actuator do, and for no other. */
final class EmptyErrorValve extends ValveBase {

    EmptyErrorValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        getNext().invoke(request, response);
        if (ArrivingRequest.isLeft(request)) {
            request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
        }
        if (response.isCommitted() && response.isErrorReportRequired()) {
            // The answer has gone, and the rest of the body was not worth waiting for. Tomcat would add a second
            // answer.
            response.setErrorReported();
            return;
        }
        if (response.getStatus() >= HttpServletResponse.SC_BAD_REQUEST
                && response.getContentWritten() == 0
                && !response.isCommitted()
                && !response.isErrorReportRequired()
                && !request.isAsync()) {
            response.sendError(response.getStatus());
        }
    }
}
