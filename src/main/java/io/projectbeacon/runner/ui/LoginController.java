package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.security.Sessions;
import io.projectbeacon.runner.security.Sessions.Login;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;

/** Lets a person in with a key, and out again. */
@Controller
class LoginController {

    private final Sessions sessions;
    private final ProblemPage problems;

    LoginController(Sessions sessions, ProblemPage problems) {
        this.sessions = sessions;
        this.problems = problems;
    }

    @GetMapping("/login")
    Object page(@RequestParam(required = false) @Nullable String next, HttpServletRequest request) {
        return sessions.areNeeded() ? page(next, false) : Local.seeOther(request.getContextPath(), "/");
    }

    private static ModelAndView page(@Nullable String next, boolean wrong) {
        ModelAndView page = new ModelAndView("ui/login");
        page.setStatus(wrong ? HttpStatus.UNAUTHORIZED : HttpStatus.OK);
        page.addObject("next", Local.path(next));
        page.addObject("wrong", wrong);
        return page;
    }

    @PostMapping("/login")
    Object logIn(
            @RequestParam(defaultValue = "") String key,
            @RequestParam(required = false) @Nullable String next,
            HttpServletRequest request,
            HttpServletResponse response) {
        if (!sessions.areNeeded()) {
            return Local.seeOther(request.getContextPath(), "/");
        }
        return switch (sessions.logIn(key.strip(), request, response)) {
            case Login.Done() -> Local.seeOther(request.getContextPath(), Local.path(next));
            case Login.WrongKey() -> page(next, true);
            case Login.Refused refused -> {
                response.setHeader(HttpHeaders.RETRY_AFTER, String.valueOf(refused.retryAfter()));
                yield problems.of(request, HttpStatus.TOO_MANY_REQUESTS, refused.detail());
            }
        };
    }

    @PostMapping("/logout")
    Object logOut(HttpServletRequest request, HttpServletResponse response) {
        sessions.logOut(request, response);
        return Local.seeOther(request.getContextPath(), "/login");
    }
}
