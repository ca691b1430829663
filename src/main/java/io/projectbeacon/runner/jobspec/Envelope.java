package io.projectbeacon.runner.jobspec;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A document without the portal's wrapper.
 *
 * @param spec the JobSpec's fields
 * @param wrapper the portal's object around it, when it came in one
 */
record Envelope(Fields spec, @Nullable Fields wrapper) {

    private static final String INNER = "jobspec";
    private static final String REGIONS = "target_regions";

    /** Opens the document; null, with a fault, when there is no JobSpec in it. */
    static @Nullable Envelope open(JsonNode document, Findings findings) {
        if (!(document instanceof ObjectNode object)) {
            findings.fault(Pointer.ROOT, "a JobSpec must be an object, not " + Quote.value(document));
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

    /** A JobSpec may have a field of that name too, so only an object counts, or a document without models. */
    private static boolean isPortalForm(ObjectNode document) {
        JsonNode inner = document.get(INNER);
        return inner != null && (inner.isObject() || !document.has("models"));
    }

    private static void warnOfOthers(ObjectNode document, Findings findings) {
        List<String> others = document.propertyStream()
                .map(field -> field.getKey())
                .filter(name -> !name.equals(INNER) && !name.equals(REGIONS))
                .limit(10)
                .map(Quote::text)
                .toList();
        if (!others.isEmpty()) {
            findings.warn("only jobspec and target_regions are read; not used: " + String.join(", ", others));
        }
    }
}
