package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.ParameterNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objects of a document in which a client may expect a field to act on its calls. The metadata is the client's own
 * and is not among them.
 *
 * @param wrapper the portal's object around the JobSpec, of which only regions are read; null when there is none
 * @param models every entry that is an object, those that repeat an id too
 */
record Places(
        @Nullable Fields wrapper,
        Fields spec,
        @Nullable Fields parameters,
        @Nullable Fields constraints,
        @Nullable Fields benchmark,
        @Nullable Fields input,
        @Nullable Fields data,
        List<Fields> models) {

    /** Finds them. One of another type is absent here; that it is a fault was said where it is read. */
    static Places of(Envelope envelope, Fields.@Nullable Items models) {
        Fields spec = envelope.spec();
        Fields benchmark = spec.inner("benchmark");
        Fields input = benchmark == null ? null : benchmark.inner("input");
        return new Places(
                envelope.wrapper(),
                spec,
                spec.inner("parameters"),
                spec.inner("constraints"),
                benchmark,
                input,
                input == null ? null : input.inner("data"),
                objects(models, spec.findings()));
    }

    /** Whether this is the job's own bound of tokens, which is read with the prompt. */
    boolean reads(Fields place, String bound) {
        return place == data && bound.equals(ParameterNames.MAX_TOKENS);
    }

    /** Those whose fields may reach the provider. */
    Stream<Fields> sent() {
        return Stream.concat(Stream.ofNullable(parameters), models.stream());
    }

    /** Those whose fields never do. */
    Stream<Fields> notSent() {
        return Stream.of(wrapper, spec, constraints, benchmark, input, data).filter(Objects::nonNull);
    }

    Stream<Fields> all() {
        return Stream.concat(notSent(), sent());
    }

    private static List<Fields> objects(Fields.@Nullable Items models, Findings findings) {
        List<Fields> objects = new ArrayList<>();
        for (int index = 0; models != null && index < models.values().size(); index++) {
            if (models.values().get(index) instanceof ObjectNode model) {
                objects.add(new Fields(models.at().item(index), model, findings));
            }
        }
        return objects;
    }
}
