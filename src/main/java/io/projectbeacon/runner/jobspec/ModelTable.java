package io.projectbeacon.runner.jobspec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Reads the array of models and gathers its entries by their id. */
final class ModelTable {

    private static final int MOST_CHARACTERS = 256;

    /** One for all of them: a body can name a hundred thousand models before they are counted. */
    private static final ObjectNode NO_FIELDS = JsonNodeFactory.instance.objectNode();

    private final KnownRegions known;
    private final Findings findings;
    private final Map<String, NamedModel> byId = new LinkedHashMap<>();
    private final List<String> dropped = new ArrayList<>();
    private final Set<String> ownRegions = new LinkedHashSet<>();
    private final List<String> droppedRegions = new ArrayList<>();
    private final Set<String> differing = new HashSet<>();
    private final Map<String, Set<String>> firstRegions = new HashMap<>();
    private final Set<String> inMoreRegions = new HashSet<>();
    private final Pointer at;
    private boolean restricting;
    private int entries;

    private ModelTable(Pointer at, KnownRegions known, Findings findings) {
        this.at = at;
        this.known = known;
        this.findings = findings;
    }

    /** Reads the array; null means that it is missing, a fault that {@link ModelSource} has reported. */
    static ModelTable read(Fields.@Nullable Items items, KnownRegions known, Findings findings) {
        ModelTable table = new ModelTable(items == null ? Pointer.ROOT : items.at(), known, findings);
        if (items != null) {
            table.entries = items.values().size();
            for (int index = 0; index < table.entries; index++) {
                table.add(items.values().get(index), items.at().item(index));
            }
        }
        return table;
    }

    /** The array's place. */
    Pointer at() {
        return at;
    }

    Collection<NamedModel> models() {
        return byId.values();
    }

    /** How many entries the array has. */
    int entries() {
        return entries;
    }

    /** The id of each entry that repeats an earlier one. */
    List<String> dropped() {
        return dropped;
    }

    /** Whether an entry has regions of its own. */
    boolean restricting() {
        return restricting;
    }

    /** The regions that entries' own arrays name, in order of first appearance. */
    Set<String> ownRegions() {
        return ownRegions;
    }

    /** The region of each item that repeats an earlier one of the same entry's own array. */
    List<String> droppedRegions() {
        return droppedRegions;
    }

    private void add(JsonNode entry, Pointer at) {
        switch (entry) {
            case ObjectNode object -> addObject(object, at);
            case StringNode text -> {
                String id = checkedId(text.stringValue(), at);
                if (id != null) {
                    nameIn(gather(id, at, NO_FIELDS), null);
                }
            }
            default -> findings.fault(at, "must be a model's id or an object with an id, not " + Quoted.value(entry));
        }
    }

    private void addObject(ObjectNode entry, Pointer at) {
        Fields fields = new Fields(at, entry, findings);
        String spelled = fields.string("id");
        if (!fields.has("id")) {
            fields.fault("id", "is missing; each model needs an id");
        }
        String id = spelled == null ? null : checkedId(spelled, fields.at("id"));
        Fields.Items own = fields.array("regions");
        restricting |= fields.has("regions");
        NamedRegions regions = own == null ? null : NamedRegions.read(own, known, findings);
        if (id == null) {
            return;
        }
        ObjectNode others = entry.objectNode().setAll(entry);
        others.remove("id");
        others.remove("regions");
        nameIn(gather(id, at, others), regions);
    }

    /** Counts an entry that names the model in these regions; null means all regions of the job. */
    private void nameIn(NamedModel model, @Nullable NamedRegions regions) {
        Set<String> names = regions == null ? Set.of() : regions.byName().keySet();
        Set<String> first = firstRegions.putIfAbsent(model.id(), names);
        if (first != null && !first.equals(names) && inMoreRegions.add(model.id())) {
            findings.warn("the entries of model %s name different regions; it runs in all of them"
                    .formatted(Quoted.text(model.id())));
        }
        if (regions == null) {
            model.nameEverywhere();
        } else {
            model.nameIn(regions);
            ownRegions.addAll(names);
            droppedRegions.addAll(regions.dropped());
        }
    }

    private NamedModel gather(String id, Pointer at, ObjectNode otherFields) {
        NamedModel first = byId.get(id);
        if (first == null) {
            NamedModel model = new NamedModel(id, at, otherFields);
            byId.put(id, model);
            return model;
        }
        dropped.add(first.id());
        if (!differing.contains(id) && !SpecContent.same(first.fields(), otherFields)) {
            differing.add(id);
            findings.warn("the entries of model %s differ; the first one's fields are kept".formatted(Quoted.text(id)));
        }
        return first;
    }

    private @Nullable String checkedId(String spelled, Pointer at) {
        String id = Spelling.clean(spelled);
        String broken = null;
        if (id.isEmpty()) {
            broken = "must not be blank";
        } else if (Spelling.length(id) > MOST_CHARACTERS) {
            broken = "must have at most %d characters, not %d".formatted(MOST_CHARACTERS, Spelling.length(id));
        } else if (id.chars().anyMatch(Character::isISOControl)) {
            broken = "must not contain control characters, as %s does".formatted(Quoted.text(id));
        }
        if (broken == null) {
            return id;
        }
        findings.fault(at, "a model's id " + broken);
        return null;
    }
}
