package io.projectbeacon.runner.ui;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.util.DigestUtils;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Where the style, the scripts and the shapes of the pages come from, and what browsers are told of pages. */
@Configuration(proxyBeanMethods = false)
class PagesConfiguration implements WebMvcConfigurer {

    private static final Duration YEAR = Duration.ofDays(365);

    private final Map<String, String> tags = new ConcurrentHashMap<>();

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(new PageHeaders());
    }

    /** The path of a webjar has its version; a file of ours is asked for again, and sent only when it has changed. */
    @Override
    public void addResourceHandlers(ResourceHandlerRegistry registry) {
        registry.addResourceHandler("/webjars/**")
                .addResourceLocations("classpath:/META-INF/resources/webjars/")
                .setCacheControl(CacheControl.maxAge(YEAR).cachePublic().immutable());
        registry.addResourceHandler("/ui/static/**")
                .addResourceLocations("classpath:/ui-static/")
                .setCacheControl(CacheControl.noCache())
                .setUseLastModified(false)
                .setEtagGenerator(this::tag);
    }

    /** By what is in it: the files of a jar may have one date in all versions. */
    private String tag(Resource file) {
        return tags.computeIfAbsent(String.valueOf(file.getFilename()), name -> {
            try {
                return "\"" + DigestUtils.md5DigestAsHex(file.getContentAsByteArray()) + "\"";
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
        });
    }
}
