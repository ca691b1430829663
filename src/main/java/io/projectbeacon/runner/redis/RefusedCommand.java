package io.projectbeacon.runner.redis;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.springframework.dao.DataAccessException;

/** Reads from a failure what Redis said when it refused a command. */
public final class RefusedCommand {

    /* Redis before 7 puts the place in the script before its words, Redis 7 behind them. */
    private static final Pattern PLACE =
            Pattern.compile("^ERR Error running script \\(call to \\w+\\): (?:@user_script: ?\\d+: )*-?"
                    + "| script: \\w+, on @user_script:\\d+\\.?$");

    private RefusedCommand() {}

    /** Redis's own words, which begin with a code such as {@code OOM}; empty when Redis said nothing. */
    public static Optional<String> reason(DataAccessException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RedisCommandExecutionException && cause.getMessage() != null) {
                return Optional.of(PLACE.matcher(cause.getMessage()).replaceAll(""));
            }
        }
        return Optional.empty();
    }
}
