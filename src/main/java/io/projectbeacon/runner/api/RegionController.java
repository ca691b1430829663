package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.intake.Printable;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.jobspec.KnownRegions;
import io.projectbeacon.runner.region.PauseWatch;
import io.projectbeacon.runner.region.PausedRegions;
import io.projectbeacon.runner.region.RegionPause;
import io.projectbeacon.runner.region.RegionPauses;
import io.projectbeacon.runner.region.RegionStates;
import io.projectbeacon.runner.security.Callers;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Regions over HTTP: look at them, pause and resume them. A pause is for all replicas, all else is what this one knows. */
@RestController
@RequestMapping("/api/v1/regions")
class RegionController {

    private final KnownRegions names;
    private final RegionStates states;
    private final PausedRegions paused;
    private final PauseWatch watch;
    private final RegionPauses pauses;
    private final Callers callers;
    private final RunnerName runner;

    RegionController(
            KnownRegions names,
            RegionStates states,
            PausedRegions paused,
            PauseWatch watch,
            RegionPauses pauses,
            Callers callers,
            RunnerName runner) {
        this.names = names;
        this.states = states;
        this.paused = paused;
        this.watch = watch;
        this.pauses = pauses;
        this.callers = callers;
        this.runner = runner;
    }

    /** @param runner the replica that answers */
    record All(String runner, List<RegionView> regions) {}

    @GetMapping
    All all() {
        return new All(
                runner.value(),
                states.now().stream()
                        .map(state -> RegionView.of(state, state.pause()))
                        .toList());
    }

    @GetMapping("/{region}")
    RegionView one(@PathVariable String region) {
        RegionStates.State state = states.of(known(region));
        return RegionView.of(state, state.pause());
    }

    /** Answers when every replica either knows of the pause or lets no call begin: then the region is paused. */
    @PostMapping("/{region}/pause")
    RegionView pause(@PathVariable String region) {
        String name = known(region);
        RegionPause pause = paused.pause(name, callers.current().name());
        watch.look();
        awaitAllReplicas(name);
        return RegionView.of(states.of(name), pause);
    }

    @PostMapping("/{region}/resume")
    RegionView resume(@PathVariable String region) {
        String name = known(region);
        paused.resume(name);
        watch.look();
        return RegionView.of(states.of(name), null);
    }

    private void awaitAllReplicas(String region) {
        try {
            Thread.sleep(pauses.untilKnown());
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new ProblemException(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "The pause of " + region + " is stored, and this replica stops before all others surely know of it."
                            + " Send the request again.");
        }
    }

    private String known(String region) {
        return names.resolve(region)
                .orElseThrow(() -> new ProblemException(
                        HttpStatus.NOT_FOUND,
                        "There is no region " + Printable.of(region) + "; there are " + String.join(", ", names.names())
                                + "."));
    }
}
