package io.projectbeacon.runner.security;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reduces the report of a failed start to the message of its {@link SecuritySettingsException}. */
class SecuritySettingsFailureAnalyzer extends AbstractFailureAnalyzer<SecuritySettingsException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SecuritySettingsException cause) {
        return new FailureAnalysis(cause.getMessage(), null, cause);
    }
}
