package io.projectbeacon.runner.execution;

/** One try at a cell: everything that is written for it is guarded by its number. */
record Attempt(Run run, String region, String modelId, long executionId, int number) {}
