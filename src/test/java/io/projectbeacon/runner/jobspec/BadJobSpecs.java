package io.projectbeacon.runner.jobspec;

import java.util.List;
import java.util.stream.Stream;

/** Documents that must be refused, with the faults that each must be given. Read here and posted to the API. */
public final class BadJobSpecs {

    /** How a document is bad. */
    public enum Kind {
        MALFORMED,
        INVALID
    }

    /**
     * A bad document.
     *
     * @param name what is wrong, in words
     * @param body the bytes to send
     * @param pointers every fault's pointer; empty for a malformed one
     * @param words what the (first) detail must say
     */
    public record BadJobSpec(String name, byte[] body, Kind kind, List<String> pointers, String words) {

        @Override
        public String toString() {
            return name;
        }
    }

    private BadJobSpecs() {}

    /** All bad documents; the regions are those of the embedded default and the limits the default ones. */
    public static List<BadJobSpec> all() {
        return Stream.concat(MalformedDocuments.all().stream(), InvalidDocuments.all().stream())
                .toList();
    }
}
