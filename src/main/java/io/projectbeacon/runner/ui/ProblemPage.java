package io.projectbeacon.runner.ui;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.ModelAndView;

/** Writes the page that says what is wrong, and what to do next. */
@Component
class ProblemPage {

    private final PageModel pages;

    ProblemPage(PageModel pages) {
        this.pages = pages;
    }

    /** @param errors the single faults, as the API lists them */
    ModelAndView of(HttpServletRequest request, HttpStatusCode status, String detail, @Nullable Object errors) {
        ModelAndView page = new ModelAndView("ui/problem", pages.of(request), status);
        HttpStatus known = HttpStatus.resolve(status.value());
        page.addObject("status", status.value());
        page.addObject("title", known == null ? "Not answered" : known.getReasonPhrase());
        page.addObject("detail", detail);
        page.addObject(
                "errors",
                errors instanceof List<?> list
                        ? list.stream().map(String::valueOf).toList()
                        : List.of());
        page.addObject("next", next(status.value()));
        return page;
    }

    ModelAndView of(HttpServletRequest request, HttpStatusCode status, String detail) {
        return of(request, status, detail, null);
    }

    private static String next(int status) {
        return switch (status) {
            case 401 -> "Log in, and try again.";
            case 403 -> "Log in with a key that has this role, or ask whoever runs the service for one.";
            case 404 -> "Look for it in the list of jobs; it may have been deleted, or be another caller's.";
            case 409 -> "Load the page again to see how things are now.";
            case 413, 422, 400 -> "Go back, change what is wrong, and send it again.";
            case 429, 503 -> "Wait a moment, and load the page again.";
            case 500 -> "The log of the service says what broke; whoever runs it can look there.";
            default -> "Go back, or begin at the list of jobs.";
        };
    }
}
