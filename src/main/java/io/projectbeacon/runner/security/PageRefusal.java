package io.projectbeacon.runner.security;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.springframework.http.HttpStatus;

/**
 * Why a page is not shown. What is refused before a controller has seen it is forwarded to {@link #PATH}, where the room of
 * the pages writes it: a filter renders nothing.
 *
 * @param detail what is wrong, and what to do next, for people
 */
public record PageRefusal(HttpStatus status, String detail) {

    public static final String PATH = "/ui/refused";

    private static final String ATTRIBUTE = PageRefusal.class.getName();

    /** The refusal that was forwarded with the request; empty when a request has only asked for the path. */
    public static Optional<PageRefusal> of(HttpServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof PageRefusal refusal ? Optional.of(refusal) : Optional.empty();
    }

    /** Answers the request with a page that says it. */
    public void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        response.setStatus(status.value());
        request.setAttribute(ATTRIBUTE, this);
        request.getRequestDispatcher(PATH).forward(request, response);
    }
}
