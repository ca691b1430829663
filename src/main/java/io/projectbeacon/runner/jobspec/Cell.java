package io.projectbeacon.runner.jobspec;

/**
 * The unit that must never run twice.
 *
 * @param region the region's own name, never an alias
 * @param modelId the model's id, trimmed and in Unicode NFC
 */
public record Cell(String region, String modelId) {}
