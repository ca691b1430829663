package io.projectbeacon.runner.jobspec;

/**
 * One broken rule.
 *
 * @param pointer where, as an RFC 6901 pointer into the document as it was received; empty for the document as a whole
 * @param detail what is wrong and what the rule is, for people; one line, without control characters
 */
public record Fault(String pointer, String detail) {}
