package io.projectbeacon.runner.jobspec;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the job's own array of regions in one of the three places where it may be. */
final class JobRegions {

    private static final String OF_WRAPPER = "target_regions";

    private JobRegions() {}

    private record Place(@Nullable Fields holder, String name, String spelled) {

        boolean isThere() {
            return holder != null && holder.has(name);
        }

        Fields.@Nullable Items array() {
            return holder == null ? null : holder.array(name);
        }
    }

    /**
     * Reads the first array that is present: at the top level, in the constraints, beside the JobSpec.
     *
     * @param needed whether the models name no regions themselves, so that a job without an array is a fault
     * @return null when there is no array to read
     */
    static @Nullable NamedRegions read(
            Envelope envelope, @Nullable Fields constraints, KnownRegions known, boolean needed) {
        Fields spec = envelope.spec();
        List<Place> places = places(envelope, constraints);
        if (places.isEmpty()) {
            if (needed) {
                spec.fault("regions", "is missing; a JobSpec needs regions, here, in constraints or in each model");
            }
            return null;
        }
        Place first = places.getFirst();
        for (Place other : places.subList(1, places.size())) {
            // This array is not used, but its type is checked, as for every known field.
            other.array();
            spec.findings()
                    .warn("%s and %s are both there; %s is not used"
                            .formatted(first.spelled(), other.spelled(), other.spelled()));
        }
        Fields.Items items = first.array();
        return items == null ? null : NamedRegions.read(items, known, spec.findings());
    }

    /** Whether the array that is read is the one beside the JobSpec. */
    static boolean areOfWrapper(Envelope envelope) {
        List<Place> places = places(envelope, envelope.spec().inner("constraints"));
        return !places.isEmpty() && places.getFirst().name().equals(OF_WRAPPER);
    }

    /** Where there is something, the place that is read first. */
    private static List<Place> places(Envelope envelope, @Nullable Fields constraints) {
        return Stream.of(
                        new Place(envelope.spec(), "regions", "regions"),
                        new Place(constraints, "regions", "constraints.regions"),
                        new Place(envelope.wrapper(), OF_WRAPPER, OF_WRAPPER))
                .filter(Place::isThere)
                .toList();
    }
}
