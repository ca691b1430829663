package io.projectbeacon.runner.api;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/** Refuses a request by its head, before its body is read. Tomcat closes the connection after a 400. */
final class StrictHeadValve extends ValveBase {

    StrictHeadValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        String fault = StrictHead.fault(request.getCoyoteRequest());
        if (fault == null) {
            getNext().invoke(request, response);
        } else {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST, fault);
        }
    }
}
