package io.projectbeacon.runner.api;

import io.projectbeacon.runner.intake.RequestId;
import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.slf4j.MDC;

/**
 * Answers each request with its {@link RequestId}, and has it in the lines that are written meanwhile. It is a valve of the
 * engine, so that the answers which Tomcat gives itself have the header too.
 */
final class RequestIdValve extends ValveBase {

    RequestIdValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        String id = RequestId.of(request);
        response.setHeader(RequestId.HEADER, id);
        MDC.put(RequestId.KEY, id);
        try {
            getNext().invoke(request, response);
        } finally {
            MDC.remove(RequestId.KEY);
        }
    }
}
