package io.projectbeacon.runner.embedded;

import org.springframework.util.ClassUtils;

/** Checks that this build carries the servers: the Maven artifacts are optional, so the production jar does not. */
final class EmbeddedArtifacts {

    private EmbeddedArtifacts() {}

    /**
     * Requires the artifacts of both servers on the class path.
     *
     * @throws CannotStartException if one is missing
     */
    static void require() {
        if (!present("io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver")
                || !present("redis.embedded.core.ExecutableProvider")) {
            throw new CannotStartException(
                    "This build carries no embedded PostgreSQL and Redis; set spring.datasource.url (with spring.datasource.username and spring.datasource.password) and spring.data.redis.url to servers of your own.");
        }
    }

    private static boolean present(String type) {
        return ClassUtils.isPresent(type, Thread.currentThread().getContextClassLoader());
    }
}
