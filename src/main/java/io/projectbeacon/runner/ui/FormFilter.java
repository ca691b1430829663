package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.arrival.CutOffException;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.RequestBodies;
import io.projectbeacon.runner.security.PageRefusal;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/** Has the forms of pages read as {@link FormRequest}s. The API takes no forms, and reads none. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 10)
class FormFilter extends OncePerRequestFilter {

    private final RequestBodies bodies;

    FormFilter(RequestBodies bodies) {
        this.bodies = bodies;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !request.getMethod().equals("POST") || isOfApi(request) || !isForm(request.getContentType());
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            chain.doFilter(new FormRequest(request, bodies), response);
        } catch (ProblemException refused) {
            HttpStatus status = HttpStatus.valueOf(refused.getStatusCode().value());
            refuse(request, response, status, String.valueOf(refused.getBody().getDetail()));
        } catch (NoRoomException full) {
            refuse(
                    request,
                    response,
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "The service has no memory left for this form now. Nothing was done; send it again in a moment.");
        } catch (CutOffException | UncheckedIOException broken) {
            refuse(
                    request,
                    response,
                    HttpStatus.BAD_REQUEST,
                    "The form did not come to its end, so nothing was done. Send it again.");
        }
    }

    private static void refuse(
            HttpServletRequest request, HttpServletResponse response, HttpStatus status, String detail)
            throws ServletException, IOException {
        if (!response.isCommitted()) {
            new PageRefusal(status, detail).answer(request, response);
        }
    }

    private static boolean isOfApi(HttpServletRequest request) {
        String path = request.getRequestURI().substring(request.getContextPath().length());
        return path.startsWith("/api/") || path.startsWith("/actuator/");
    }

    private static boolean isForm(@Nullable String type) {
        return type != null
                && type.split(";", 2)[0].strip().equalsIgnoreCase(MediaType.APPLICATION_FORM_URLENCODED_VALUE);
    }
}
