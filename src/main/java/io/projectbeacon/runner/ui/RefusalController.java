package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.security.PageRefusal;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.ModelAndView;

/** Writes what a filter has refused. Only a forward leads here; a request for the path itself finds nothing. */
@Controller
class RefusalController {

    private final ProblemPage pages;

    RefusalController(ProblemPage pages) {
        this.pages = pages;
    }

    @RequestMapping(PageRefusal.PATH)
    ModelAndView refused(HttpServletRequest request) {
        return PageRefusal.of(request)
                .map(refusal -> pages.of(request, refusal.status(), refusal.detail()))
                .orElseGet(() -> pages.of(request, HttpStatus.NOT_FOUND, "There is nothing at this path."));
    }
}
