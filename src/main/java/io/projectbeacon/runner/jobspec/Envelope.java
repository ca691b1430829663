package io.projectbeacon.runner.jobspec;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A document, taken out of the portal's wrapper.
 *
 * @param spec the JobSpec's fields
 * @param wrapper the portal's object around the JobSpec; null when there is none
 */
record Envelope(Fields spec, @Nullable Fields wrapper) {

    private static final String INNER = "jobspec";
    private static final String REGIONS = "target_regions";

    /** Opens the document; null, with a fault, when there is no JobSpec in it. */
    static @Nullable Envelope open(JsonNode document, Findings findings) {
        if (!(document instanceof ObjectNode object)) {
            findings.fault(Pointer.ROOT, "a JobSpec must be an object, not " + Quoted.value(document));
            return null;
        }
        Fields outer = new Fields(Pointer.ROOT, object, findings);
        if (!isPortalForm(object)) {
            return new Envelope(outer, null);
        }
        Fields inner = outer.object(INNER);
        if (inner == null) {
            if (!outer.has(INNER)) {
                outer.fault(INNER, "must be an object, not null");
            }
            return null;
        }
        warnOfOthers(object, findings);
        return new Envelope(inner, outer);
    }

    /**
     * Whether {@code jobspec} holds the JobSpec. A JobSpec may itself have a field of that name, so the field counts
     * only if it is an object or the document has no models.
     */
    private static boolean isPortalForm(ObjectNode document) {
        JsonNode inner = document.get(INNER);
        return inner != null && (inner.isObject() || !document.has("models"));
    }

    private static void warnOfOthers(ObjectNode document, Findings findings) {
        List<String> others = document.propertyStream()
                .map(field -> field.getKey())
                .filter(name -> !name.equals(INNER) && !name.equals(REGIONS))
                .limit(10)
                .map(Quoted::text)
                .toList();
        if (!others.isEmpty()) {
            findings.warn("only jobspec and target_regions are read; not used: " + String.join(", ", others));
        }
    }
}
