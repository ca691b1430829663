package io.projectbeacon.runner.api;

import java.io.IOException;
import java.io.PrintWriter;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/** Writes the problem document of a request that Tomcat refuses before the service sees it, as for a broken path. */
public class ProblemValve extends ErrorReportValve {

    private static final String PROBLEM =
            "{\"title\":\"%s\",\"status\":%d,\"detail\":\"A part of the request before its body cannot be read.\"}";

    @Override
    protected void report(Request request, Response response, @Nullable Throwable throwable) {
        HttpStatus status = HttpStatus.resolve(response.getStatus());
        if (status == null || !status.isError() || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        try {
            PrintWriter out = response.getReporter();
            if (out != null) {
                out.write(PROBLEM.formatted(status.getReasonPhrase(), status.value()));
                response.finishResponse();
            }
        } catch (IOException gone) {
            container.getLogger().debug("The client is gone", gone);
        }
    }
}
