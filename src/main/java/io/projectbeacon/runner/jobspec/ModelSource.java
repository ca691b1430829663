package io.projectbeacon.runner.jobspec;

import org.jspecify.annotations.Nullable;

/** Finds the array of models in one of the two places where it may be. */
final class ModelSource {

    private ModelSource() {}

    /** The array at the top level, else the one in the metadata; null, with a fault, when there is none to read. */
    static Fields.@Nullable Items find(Fields spec) {
        Fields metadata = spec.object("metadata");
        Fields.Items top = spec.array("models");
        Fields.Items inMetadata = metadata == null ? null : metadata.array("models");
        boolean onTop = spec.has("models");
        if (onTop && metadata != null && metadata.has("models")) {
            spec.findings().warn("models and metadata.models are both there; metadata.models is not used");
        }
        if (!onTop && (metadata == null || !metadata.has("models"))) {
            spec.fault("models", "is missing; a JobSpec needs models, here or in metadata.models");
        }
        Fields.Items source = onTop ? top : inMetadata;
        if (source != null && source.values().isEmpty()) {
            spec.findings().fault(source.at(), "must name at least one model");
        }
        return source;
    }
}
