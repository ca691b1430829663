package io.projectbeacon.runner.jobspec;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** One model id, with what all the entries of that id say together. */
final class NamedModel {

    private final String id;
    private final Pointer at;
    private final ObjectNode fields;
    private Map<String, Long> own = Map.of();
    private long unrestricted;

    /**
     * Starts from the first entry of the id, which is not counted yet.
     *
     * @param at the entry's place
     * @param fields the entry as an object, without its regions
     */
    NamedModel(String id, Pointer at, ObjectNode fields) {
        this.id = id;
        this.at = at;
        this.fields = fields;
    }

    String id() {
        return id;
    }

    Pointer at() {
        return at;
    }

    ObjectNode fields() {
        return fields;
    }

    /** Adds an entry that is meant for all regions of the job. */
    void nameEverywhere() {
        unrestricted++;
    }

    /** Adds an entry that is meant for some regions. */
    void nameIn(NamedRegions regions) {
        if (own.isEmpty()) {
            own = new LinkedHashMap<>();
        }
        regions.byName().forEach((region, naming) -> own.merge(region, naming.times(), Long::sum));
    }

    /** How many entries are meant for all regions. */
    long unrestricted() {
        return unrestricted;
    }

    /** How often the entries' own arrays name each region. */
    Map<String, Long> own() {
        return own;
    }
}
