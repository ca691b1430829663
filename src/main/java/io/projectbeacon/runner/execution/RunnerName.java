package io.projectbeacon.runner.execution;

/** Who this process is, in rows and in logs: unique for each start. */
public record RunnerName(String value) {}
