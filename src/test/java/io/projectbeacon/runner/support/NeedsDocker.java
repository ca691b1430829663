package io.projectbeacon.runner.support;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Skips a class, and says why, where there is no Docker engine, or one that has not got these images and cannot fetch
 * them. What such a class tests is tested on the embedded servers too, so a build without Docker leaves no guarantee
 * untested.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsDocker.Condition.class)
public @interface NeedsDocker {

    /** The images of the containers that the class starts. */
    String[] value();

    /** Asks the engine before the class is touched: nothing of it has run when it is skipped. */
    final class Condition implements ExecutionCondition {

        private static final long PULL_MINUTES = 5;

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            NeedsDocker needs = context.getRequiredTestClass().getAnnotation(NeedsDocker.class);
            if (needs == null) {
                return ConditionEvaluationResult.enabled("A nested class: the class around it has asked");
            }
            try {
                DockerClient docker = DockerClientFactory.instance().client();
                for (String image : needs.value()) {
                    require(docker, image);
                }
                return ConditionEvaluationResult.enabled("Docker is there, with " + String.join(", ", needs.value()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ConditionEvaluationResult.disabled("Interrupted while Docker fetched an image");
            } catch (RuntimeException e) {
                return ConditionEvaluationResult.disabled(
                        "Docker cannot be used here, so only the embedded servers are tested: " + e.getMessage());
            }
        }

        // Once, and not through Testcontainers: that tries for minutes what an offline machine cannot do.
        private static void require(DockerClient docker, String image) throws InterruptedException {
            try {
                docker.inspectImageCmd(image).exec();
            } catch (NotFoundException absent) {
                if (!docker.pullImageCmd(image).start().awaitCompletion(PULL_MINUTES, TimeUnit.MINUTES)) {
                    throw new IllegalStateException(
                            "%s was not fetched within %d minutes".formatted(image, PULL_MINUTES));
                }
            }
        }
    }
}
