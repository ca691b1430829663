package io.projectbeacon.runner.docs;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;

/** Finds a test by the name that the documents give it. */
final class NamedMethods {

    private NamedMethods() {}

    /**
     * The methods that are run under this name, none when there is no such test. An inherited method counts for the
     * class that inherits it: that is how a contract is run. A nested class's method counts for the class around it.
     *
     * @param className with its room, such as {@code job.SchemaTest}
     */
    static List<DiscoverySelector> of(String className, String methodName) {
        return ReflectionSupport.tryToLoadClass("io.projectbeacon.runner." + className)
                .toOptional()
                .filter(type -> !Modifier.isAbstract(type.getModifiers()))
                .map(type -> select(type, methodName))
                .orElse(List.of());
    }

    private static List<DiscoverySelector> select(Class<?> type, String methodName) {
        List<DiscoverySelector> selected = new ArrayList<>();
        tests(type, methodName).forEach(method -> selected.add(DiscoverySelectors.selectMethod(type, method)));
        ReflectionSupport.findNestedClasses(type, nested -> AnnotationSupport.isAnnotated(nested, Nested.class))
                .forEach(nested -> tests(nested, methodName)
                        .forEach(method ->
                                selected.add(DiscoverySelectors.selectNestedMethod(List.of(type), nested, method))));
        return selected;
    }

    private static List<Method> tests(Class<?> type, String methodName) {
        return ReflectionSupport.findMethods(
                type,
                method -> method.getName().equals(methodName) && AnnotationSupport.isAnnotated(method, Testable.class),
                HierarchyTraversalMode.TOP_DOWN);
    }
}
