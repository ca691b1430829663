package io.projectbeacon.runner.docs;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.discovery.MethodSelector;

/** A test by the name that the pages give it. */
final class NamedMethods {

    private NamedMethods() {}

    /**
     * The methods that are run under this name, none when there is no such test. An inherited one counts for the class
     * that inherits it: that is how a contract is run.
     *
     * @param className with its room, such as {@code job.SchemaTest}
     */
    static List<MethodSelector> of(String className, String methodName) {
        return ReflectionSupport.tryToLoadClass("io.projectbeacon.runner." + className)
                .toOptional()
                .filter(type -> !Modifier.isAbstract(type.getModifiers()))
                .map(type -> select(type, methodName))
                .orElse(List.of());
    }

    private static List<MethodSelector> select(Class<?> type, String methodName) {
        List<Method> methods = ReflectionSupport.findMethods(
                type,
                method -> method.getName().equals(methodName) && AnnotationSupport.isAnnotated(method, Testable.class),
                HierarchyTraversalMode.TOP_DOWN);
        return methods.stream()
                .map(method -> DiscoverySelectors.selectMethod(type, method))
                .toList();
    }
}
