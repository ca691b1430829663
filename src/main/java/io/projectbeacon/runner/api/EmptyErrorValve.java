package io.projectbeacon.runner.api;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/** Has the error page written for an error that comes without a body, as those of the actuator do. */
final class EmptyErrorValve extends ValveBase {

    EmptyErrorValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        getNext().invoke(request, response);
        if (response.getStatus() >= HttpServletResponse.SC_BAD_REQUEST
                && response.getContentWritten() == 0
                && !response.isCommitted()
                && !response.isErrorReportRequired()
                && !request.isAsync()) {
            response.sendError(response.getStatus());
        }
    }
}
