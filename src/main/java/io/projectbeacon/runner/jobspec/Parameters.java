package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.ParameterNames;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Reads {@code parameters}, and looks at the models' fields, which are parameters too. */
final class Parameters {

    private static final int MOST_NAMED = 10;

    /** What the family says of a model beside its id; not for the provider. */
    private static final Set<String> OF_MODEL = Set.of("name", "description", "provider", "container_image", "version");

    private Parameters() {}

    /** The job's parameters without what is absent; null when there are none. */
    static @Nullable ObjectNode read(Places places, ParameterNames names) {
        places.spec().object("parameters");
        warnOfTwoBounds(places);
        warnOfMisplaced(places, names);
        Fields parameters = places.parameters();
        if (parameters == null) {
            return null;
        }
        ObjectNode read = parameters.object().objectNode();
        parameters.object().forEachEntry((name, value) -> {
            if (names.contains(name)) {
                if (!value.isNull()) {
                    read.set(name, value.deepCopy());
                }
            } else if (!value.isNull() && !RefusedFields.covers(name)) {
                parameters.fault(
                        name, "is not on the list of parameters, which beacon.inference.parameters can extend");
            }
        });
        return read.isEmpty() ? null : read;
    }

    /** Tells which fields of models are kept and not sent, all in one warning. */
    static void warnOfUnsent(ModelTable models, ParameterNames names, Findings findings) {
        Set<String> unsent = new LinkedHashSet<>();
        for (NamedModel model : models.models()) {
            model.fields().forEachEntry((name, value) -> {
                boolean told = RefusedFields.covers(name) || UnreadInput.covers(name);
                boolean ofModel = OF_MODEL.contains(name) && value.isString();
                if (!names.contains(name) && !told && !ofModel && !value.isNull()) {
                    unsent.add(name);
                }
            });
        }
        if (!unsent.isEmpty()) {
            findings.warn("fields of models that are kept but do not reach the provider: "
                    + Quoted.names(unsent, MOST_NAMED) + "; beacon.inference.parameters can add to those that do");
        }
    }

    private static void warnOfTwoBounds(Places places) {
        if (places.sent().anyMatch(place -> Prompts.BOUNDS.stream().allMatch(place::has))) {
            places.spec()
                    .findings()
                    .warn("max_tokens and max_completion_tokens are both there; max_completion_tokens is sent");
        }
    }

    private static void warnOfMisplaced(Places places, ParameterNames names) {
        List<Pointer> misplaced = new ArrayList<>();
        places.notSent()
                .forEach(place -> place.object().forEachEntry((name, value) -> {
                    boolean parameters = name.equals("parameters") && place != places.spec();
                    if ((names.contains(name) || parameters)
                            && !places.reads(place, name)
                            && !UnreadInput.isNothing(value)) {
                        misplaced.add(place.at(name));
                    }
                }));
        if (!misplaced.isEmpty()) {
            places.spec()
                    .findings()
                    .warn("parameters are read in parameters and in each model; not used: "
                            + Quoted.places(misplaced, MOST_NAMED));
        }
    }
}
