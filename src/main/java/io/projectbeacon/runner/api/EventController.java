package io.projectbeacon.runner.api;

import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.job.JobMoment;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The changes of a job over HTTP, as they happen. */
@RestController
class EventController {

    private final EventStreams streams;
    private final JobScope scope;

    EventController(EventStreams streams, JobScope scope) {
        this.streams = streams;
        this.scope = scope;
    }

    @GetMapping(path = "/api/v1/jobs/{id}/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    void events(
            HttpServletRequest request,
            HttpServletResponse response,
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String lastEventId)
            throws IOException {
        streams.open(
                request,
                response,
                scope.job(id, caller),
                Optional.ofNullable(lastEventId).flatMap(JobMoment::of));
    }
}
