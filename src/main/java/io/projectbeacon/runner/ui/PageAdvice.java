package io.projectbeacon.runner.ui;

import jakarta.servlet.http.HttpServletRequest;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;

/** Gives every page and fragment its {@link PageModel}. */
@ControllerAdvice(basePackageClasses = PageAdvice.class)
class PageAdvice {

    private final PageModel pages;

    PageAdvice(PageModel pages) {
        this.pages = pages;
    }

    @ModelAttribute
    void model(HttpServletRequest request, Model model) {
        model.addAllAttributes(pages.of(request));
    }
}
