package io.projectbeacon.runner.domain;

/** The unit that must not run twice: one model in one region of one job. */
public record Cell(long jobId, String region, String modelId) {}
