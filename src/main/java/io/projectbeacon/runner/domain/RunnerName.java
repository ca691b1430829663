package io.projectbeacon.runner.domain;

/** Who this process is, in rows and in logs: unique for each start. */
public record RunnerName(String value) {}
