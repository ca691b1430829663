package io.projectbeacon.runner.signing;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code beacon.signing}: whether JobSpecs are signed, and by whom.
 *
 * @param mode {@code off}: signatures are fields like any other; {@code optional}: a JobSpec that carries one is verified;
 *     {@code required}: a JobSpec without one is refused
 * @param trustedKeysFile the keys that may sign, as JSON; read again when it changes
 */
@ConfigurationProperties("beacon.signing")
record SigningProperties(
        @DefaultValue("off") Mode mode, @Nullable Path trustedKeysFile) {

    enum Mode {
        OFF,
        OPTIONAL,
        REQUIRED
    }

    SigningProperties {
        if (mode != Mode.OFF && trustedKeysFile == null) {
            throw new IllegalArgumentException(
                    "beacon.signing.trusted-keys-file must name a file while beacon.signing.mode is "
                            + mode.name().toLowerCase(Locale.ROOT) + ": without trusted keys no signature counts");
        }
    }
}
