package io.projectbeacon.runner.execution;

/** The provider that calls go to, as {@code beacon.inference.provider} names it: a failed row says whose failure it is. */
record ProviderName(String value) {}
