package io.projectbeacon.runner.execution;

/** What must not run twice: one model in one region of one job. */
record Cell(long jobId, String region, String modelId) {}
