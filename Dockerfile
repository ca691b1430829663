FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
# The health check first: it never changes, the service does.
COPY ops/image/HealthCheck.java .
RUN javac -d health HealthCheck.java
# The same build over no sources, for what it downloads: a layer that lasts until the pom changes.
COPY pom.xml .
RUN mvn -B -ntp -DskipTests -Dspotless.check.skip -Dspring-boot.repackage.skip package && rm -r target
COPY src/main src/main
# The same sources give the same jar: `--build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)` dates it by the commit.
ARG SOURCE_DATE_EPOCH=1795478400
RUN mvn -B -ntp -DskipTests -Dspotless.check.skip -Dproject.build.outputTimestamp=$SOURCE_DATE_EPOCH package
RUN java -Djarmode=tools -jar target/beacon-runner-*.jar extract --layers --destination layers \
 && mv layers/application/beacon-runner-*.jar layers/application/beacon-runner.jar
# The servers of a first run are for a developer's machine; an image that carries them carries a second PostgreSQL.
RUN ! ls layers/dependencies/lib | grep -i embedded
# An archive cache is good for files with the times that they had when it was made.
RUN find layers health -exec touch -d "@$SOURCE_DATE_EPOCH" {} +

FROM eclipse-temurin:25-jre AS service
WORKDIR /app
# From what changes seldom to what changes with each commit.
COPY --from=build /build/health health/
COPY --from=build /build/layers/dependencies/ ./
COPY --from=build /build/layers/snapshot-dependencies/ ./
COPY --from=build /build/layers/application/ ./

# Starts the service once, without its servers and in the very place it will run in, and keeps what the JVM has loaded
# and linked by then. What a start with servers needs beyond that is loaded as ever.
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
# A number, so that Kubernetes' runAsNonRoot can tell it from root. It owns nothing here: the image can't change itself.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 \
  CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx16m", "-cp", "health", "HealthCheck", "8080"]
# A process that has run out of memory ends and is replaced; its jobs go back to the queue. Left half alive it would keep
# their locks. Further options go into JDK_JAVA_OPTIONS.
ENTRYPOINT ["java", "-XX:AOTCache=beacon-runner.aot", "-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError", "-jar", "beacon-runner.jar"]
