package io.projectbeacon.runner.embedded;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Conditional;

/** Matches while all the properties are unset. An empty value, as of an empty environment variable, counts as unset. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Conditional(UnsetCondition.class)
@interface ConditionalOnUnset {

    /** Names of properties with a single value or a list. */
    String[] value();
}
