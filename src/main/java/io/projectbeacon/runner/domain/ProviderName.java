package io.projectbeacon.runner.domain;

/**
 * The provider that calls go to, as {@code beacon.inference.provider} names it: a failed row says whose failure it is.
 */
public record ProviderName(String value) {}
