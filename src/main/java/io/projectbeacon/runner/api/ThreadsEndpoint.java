package io.projectbeacon.runner.api;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.core.io.InputStreamResource;
import org.springframework.core.io.Resource;
import org.springframework.stereotype.Component;

/**
 * What every thread of this process does, for an operator. Cells and requests run on virtual threads, which neither Boot's own
 * thread dump nor a {@code SIGQUIT} shows; and the image has no {@code jcmd}.
 */
@Component
@WebEndpoint(id = "threads")
class ThreadsEndpoint {

    private final HotSpotDiagnosticMXBean machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);

    /** The dump goes through a file, which the machine wants to make itself, since that of many thousand threads is large. */
    @ReadOperation(produces = "text/plain")
    Resource threads() throws IOException {
        Path file = Path.of(System.getProperty("java.io.tmpdir"), "beacon-threads-" + UUID.randomUUID());
        machine.dumpThreads(file.toString(), ThreadDumpFormat.TEXT_PLAIN);
        return new InputStreamResource(Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE));
    }
}
