package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.ParameterNames;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads a document: its JSON, the JobSpec in it, each of its fields, the cells they name; and then the normal form.
 * It holds no state, so threads may share it. Its time grows at most linearly with the body's length.
 */
public final class JobSpecReader {

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");
    private static final int MOST_PRIORITY = 100;

    private final KnownRegions known;
    private final Limits limits;
    private final String defaultPrompt;
    private final ParameterNames parameters;

    /**
     * A reader for one configuration.
     *
     * @param defaultPrompt the prompt of a document that has none
     * @param parameters what may reach a model beside its messages
     * @throws IllegalArgumentException when the default prompt is blank
     */
    public JobSpecReader(KnownRegions regions, Limits limits, String defaultPrompt, ParameterNames parameters) {
        if (defaultPrompt.isBlank()) {
            throw new IllegalArgumentException("the default prompt must not be blank");
        }
        this.known = regions;
        this.limits = limits;
        this.defaultPrompt = defaultPrompt;
        this.parameters = parameters;
    }

    /** The bytes of heap that the document takes at most, until it is stored. */
    public long memory(byte[] body) {
        return Footprint.of(body, limits.nodes());
    }

    /** Reads the bytes as they were received. The caller bounds their number. */
    public Reading read(byte[] body) {
        JsonNode document;
        try {
            document = StrictJson.parse(body, limits.nodes());
        } catch (NotJsonException e) {
            return new Reading.Malformed(e.detail());
        }
        Findings findings = new Findings();
        LoneSurrogates.find(document, findings);
        Envelope envelope = Envelope.open(document, findings);
        return envelope == null ? new Reading.Invalid(findings.faults(), null) : reading(envelope, findings);
    }

    private Reading reading(Envelope envelope, Findings findings) {
        Fields fields = envelope.spec();
        String id = id(fields);
        fields.string("version");
        Prompts.Prompt prompt = Prompts.read(fields, defaultPrompt);
        List<String> questions = Questions.read(fields, limits.questions());
        Integer priority = WholeNumbers.read(fields, "priority", -MOST_PRIORITY, MOST_PRIORITY);
        Fields constraintFields = fields.object("constraints");
        Constraints constraints = Constraints.read(constraintFields);

        int faultsBefore = findings.count();
        Fields.Items named = ModelSource.find(fields);
        ModelTable models = ModelTable.read(named, known, findings);
        NamedRegions ofJob = JobRegions.read(envelope, constraintFields, known, !models.restricting());
        CellTable cells = new CellTable(models, ofJob);
        boolean sound = findings.count() == faultsBefore;
        CellChecks.checkSizes(fields, models, ofJob, cells, limits);
        if (sound) {
            CellChecks.checkCells(fields, models, ofJob, cells, limits.cells());
        }
        boolean takenBefore = findings.count() == 0;
        Asking asking = Asking.read(Places.of(envelope, named), prompt, questions, models, parameters);
        if (!takenBefore) {
            return new Reading.Invalid(findings.faults(), null);
        }
        int rank = priority == null ? 0 : priority;
        ObjectNode before = NormalForm.of(fields.object(), models, cells, prompt, questions, rank, constraints);
        boolean taken = findings.count() == 0;
        ObjectNode content = taken ? NormalForm.withAsking(before, asking) : before;
        NormalizedSpec spec = new NormalizedSpec(
                id,
                fields.object(),
                content,
                content == before ? null : before,
                models.models().stream().map(NamedModel::id).toList(),
                cells.regions(),
                cells.cells(),
                rank,
                constraints.onUnknown(),
                constraints.timeout(),
                constraints.minSuccessRate(),
                findings.warnings(),
                models.entries(),
                models.dropped(),
                droppedRegions(ofJob, models),
                cells.duplicates());
        return taken ? new Reading.Accepted(spec) : new Reading.Invalid(findings.faults(), spec);
    }

    private static @Nullable String id(Fields fields) {
        String id = fields.string("id");
        if (id != null && !ID.matcher(id).matches()) {
            fields.fault("id", "must match %s, as %s does not".formatted(ID.pattern(), Quoted.text(id)));
        }
        return id;
    }

    private static List<String> droppedRegions(@Nullable NamedRegions ofJob, ModelTable models) {
        List<String> dropped = new ArrayList<>(ofJob == null ? List.of() : ofJob.dropped());
        dropped.addAll(models.droppedRegions());
        return dropped;
    }
}
