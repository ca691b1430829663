package io.projectbeacon.runner.support;

import java.util.List;

/** A Redis of several processes that survives the death of one; Spring Boot's own properties lead to it. */
public interface ReplicatedRedis extends AutoCloseable {

    /** The properties by which a runner finds it, as {@code --name=value}. */
    List<String> properties();

    /** {@code kill -9} of the process that answers for the key. */
    void killMasterOf(String key);

    /** Stops the process that answers for the key: its connections stay open, and nothing comes back on them. */
    void freezeMasterOf(String key);

    @Override
    void close();
}
