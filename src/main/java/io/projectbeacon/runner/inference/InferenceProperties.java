package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.domain.Provider;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.inference}: how models are called.
 *
 * @param provider which protocol the models' servers speak, or {@code simulated} for no server at all
 * @param callTimeout the longest one call may take, from before it connects to the last byte of the answer
 * @param connectTimeout the longest that connecting may take, within the call-timeout
 * @param ambiguousStatuses a gateway's words that leave the outcome of a call unknown: a model may be running behind it
 * @param parameters further names under which a job may give its models parameters
 * @param maxAttempts how often one cell is tried before it counts as failed
 * @param maxCallBytes of heap, what calls under way may hold: what each sends and may be answered; null for a quarter of
 *     the heap
 * @param simulated what simulated calls are like
 */
@Validated
@ConfigurationProperties("beacon.inference")
public record InferenceProperties(
        @DefaultValue("simulated") Provider provider,
        @DefaultValue("120s") Duration callTimeout,
        @DefaultValue("5s") Duration connectTimeout,

        @DefaultValue({"408", "499", "502", "504", "520", "521", "522", "523", "524", "598", "599"})
        Set<Integer> ambiguousStatuses,

        @DefaultValue Set<String> parameters,
        @DefaultValue("3") @Positive int maxAttempts,
        @Nullable DataSize maxCallBytes,
        @DefaultValue @Valid Simulated simulated) {

    public InferenceProperties {
        requirePositive("beacon.inference.call-timeout", callTimeout);
        requirePositive("beacon.inference.connect-timeout", connectTimeout);
        if (maxCallBytes != null && maxCallBytes.toBytes() < 1) {
            throw new InvalidConfigurationPropertyValueException(
                    "beacon.inference.max-call-bytes", maxCallBytes, "it must be positive");
        }
        for (int status : ambiguousStatuses) {
            if (status < 400 || status > 599) {
                throw new InvalidConfigurationPropertyValueException(
                        "beacon.inference.ambiguous-statuses", status, "it is not a status from 400 to 599");
            }
        }
        try {
            ParameterNames.knownAnd(parameters);
        } catch (IllegalArgumentException never) {
            throw new InvalidConfigurationPropertyValueException(
                    "beacon.inference.parameters", parameters, never.getMessage());
        }
        if (connectTimeout.compareTo(callTimeout) > 0) {
            throw new InvalidConfigurationPropertyValueException(
                    "beacon.inference.connect-timeout",
                    connectTimeout,
                    "it is longer than beacon.inference.call-timeout (" + callTimeout + "), which it is a part of");
        }
    }

    /** The bytes of heap that calls under way may hold. */
    long callBytes() {
        return maxCallBytes == null ? Runtime.getRuntime().maxMemory() / 4 : maxCallBytes.toBytes();
    }

    /**
     * What simulated calls are like.
     *
     * @param latency how long a call takes: one duration such as 0ms or 2s, or a range
     * @param failureRate the share of calls that fail, from 0 to 1
     * @param seed calls with the same seed and content take equally long and end the same way
     */
    public record Simulated(
            @DefaultValue("200ms..800ms") LatencyRange latency,

            @DefaultValue("0") @DecimalMin("0") @DecimalMax("1")
            double failureRate,

            @DefaultValue("0") long seed) {}

    private static void requirePositive(String property, Duration value) {
        if (!value.isPositive()) {
            throw new InvalidConfigurationPropertyValueException(property, value, "it must be positive");
        }
    }
}
