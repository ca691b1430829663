FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
# The health check is built first: it never changes, so its layer stays cached when the service changes.
COPY ops/image/HealthCheck.java .
RUN javac -d health HealthCheck.java
# The same build without sources: it downloads the dependencies into a layer that stays cached until the pom changes.
COPY pom.xml .
RUN mvn -B -ntp -DskipTests -Dspotless.check.skip -Dspring-boot.repackage.skip package && rm -r target
COPY src/main src/main
# The same sources give the same jar: `--build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)` dates it by the commit.
ARG SOURCE_DATE_EPOCH=1795478400
RUN mvn -B -ntp -DskipTests -Dspotless.check.skip -Dproject.build.outputTimestamp=$SOURCE_DATE_EPOCH package
RUN java -Djarmode=tools -jar target/beacon-runner-*.jar extract --layers --destination layers \
 && mv layers/application/beacon-runner-*.jar layers/application/beacon-runner.jar
# The embedded servers are for a developer's machine: an image that would carry a second PostgreSQL is not built.
RUN ! ls layers/dependencies/lib | grep -i embedded
# The JVM accepts an AOT cache only if the files still have the times that they had when the cache was made.
RUN find layers health -exec touch -d "@$SOURCE_DATE_EPOCH" {} +

FROM eclipse-temurin:25-jre AS service
WORKDIR /app
# The layers, from what changes seldom to what changes with each commit.
COPY --from=build /build/health health/
COPY --from=build /build/layers/dependencies/ ./
COPY --from=build /build/layers/snapshot-dependencies/ ./
COPY --from=build /build/layers/application/ ./

# Starts the service once, without PostgreSQL and Redis and in the directory of the final image, and keeps the classes
# that the JVM has loaded and linked. Further classes, which a start with those servers needs, are loaded as usual.
FROM service AS training
COPY ops/image/train .
RUN ./train

FROM service
ARG VERSION=0.1.0-SNAPSHOT
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Beacon Runner" \
      org.opencontainers.image.description="Runs paid inference jobs, each region × model cell once" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=training /app/beacon-runner.aot ./
# A number, so that Kubernetes' runAsNonRoot can tell the user from root. The user owns no file of the image, so the
# service cannot change its own program.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 \
  CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx16m", "-cp", "health", "HealthCheck", "8080"]
# A process that has run out of memory exits and is replaced, and its jobs go back to the queue; half alive, it would
# keep their locks. The collector is named, since in 1 GiB the JVM would take Serial, which stops all calls for up to half a
# second; G1 needs some 40 MB beside the heap for it (ops/README.md). Further options go into JDK_JAVA_OPTIONS.
ENTRYPOINT ["java", "-XX:AOTCache=beacon-runner.aot", "-XX:+UseG1GC", "-XX:MaxRAMPercentage=70", "-XX:+ExitOnOutOfMemoryError", "-jar", "beacon-runner.jar"]
