package io.projectbeacon.runner.jobspec;

/**
 * One cell of a JobSpec: one model in one region, the unit that must never be processed twice.
 *
 * @param region the region's own name, never an alias
 * @param modelId the model's id, trimmed and in Unicode NFC
 */
public record SpecCell(String region, String modelId) {}
