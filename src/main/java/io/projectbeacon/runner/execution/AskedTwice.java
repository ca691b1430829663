package io.projectbeacon.runner.execution;

import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;

/** A check that is made once more if its answer was lost. It must know what the first one wrote for its own. */
final class AskedTwice {

    private static final Logger log = LoggerFactory.getLogger(AskedTwice.class);

    private AskedTwice() {}

    /** @throws DataAccessException when there was no answer to the second either */
    static <T> T of(Run run, String region, String modelId, Supplier<T> check) {
        try {
            return check.get();
        } catch (DataAccessException lost) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", region)
                    .addKeyValue("model_id", modelId)
                    .log(
                            "The claim's answer was lost, asking once more: {}",
                            NestedExceptionUtils.getMostSpecificCause(lost).getMessage());
            return check.get();
        }
    }
}
