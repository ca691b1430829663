package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.ParameterNames;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;
import net.jqwik.api.statistics.Statistics;
import tools.jackson.databind.node.ObjectNode;

@Domain(RawSpecs.class)
@Domain(DomainContext.Global.class)
class NormalisingPropertyTest {

    @Property
    void a_document_is_refused_only_when_a_model_or_a_region_is_left_alone(@ForAll RawSpec raw) {
        Statistics.collect(raw.isSound());
        Statistics.coverage(coverage -> {
            coverage.check(true).percentage(share -> share > 20);
            coverage.check(false).percentage(share -> share > 5);
        });

        assertThat(read(raw.document())).isInstanceOf(raw.isSound() ? Reading.Accepted.class : Reading.Invalid.class);
    }

    @Property
    void no_duplicate_cell_survives_and_no_distinct_cell_is_lost(@ForAll RawSpec raw) {
        Assume.that(raw.isSound());
        NormalizedSpec spec = accepted(raw.document());

        assertThat(spec.cells())
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(raw.bag().keySet());
        assertThat(spec.models())
                .containsExactlyElementsOf(raw.models().stream()
                        .map(entry -> RawSpec.id(entry.id()))
                        .distinct()
                        .toList());
        Set<String> withCells = new HashSet<>();
        raw.bag().keySet().forEach(cell -> withCells.add(cell.region()));
        assertThat(spec.regions()).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(withCells);
    }

    @Property
    void each_cell_counts_how_often_it_is_named_less_one(@ForAll RawSpec raw) {
        Assume.that(raw.isSound());
        NormalizedSpec spec = accepted(raw.document());
        Map<SpecCell, Long> expected = raw.bag().entrySet().stream()
                .filter(named -> named.getValue() > 1)
                .collect(Collectors.toMap(Map.Entry::getKey, named -> named.getValue() - 1));

        assertThat(spec.duplicates().stream()
                        .collect(Collectors.toMap(CellDuplicates::cell, CellDuplicates::occurrences)))
                .isEqualTo(expected);
        assertThat(spec.namedModels()).isEqualTo(raw.models().size());
        assertThat(spec.droppedModels())
                .hasSize(raw.models().size() - spec.models().size());
    }

    /** {@link WorkPlan} reads back what {@link NormalForm} writes, so a run calls the accepted cells in their order. */
    @Property
    void the_stored_form_is_read_back_as_the_same_cells_with_their_models_and_questions(
            @ForAll RawSpec raw, @ForAll long seed, @ForAll boolean withQuestions) {
        Assume.that(raw.isSound());
        ObjectNode document = raw.document();
        if (withQuestions) {
            document.putArray("questions").add("first?").add("second?");
        }
        NormalizedSpec spec = accepted(new Respelling(seed).of(document));

        List<CellWork> plan = WorkPlan.of(spec.content().toString(), ParameterNames.known());

        assertThat(plan.stream().map(work -> new SpecCell(work.region(), work.modelId())))
                .containsExactlyElementsOf(spec.cells());
        assertThat(plan).allSatisfy(work -> {
            assertThat(work.parameters()).isEmpty();
            assertThat(work.questions())
                    .isEqualTo(
                            withQuestions
                                    ? List.of("first?", "second?")
                                    : List.of(spec.content().get("prompt").asString()));
        });
    }

    @Property
    void normalising_again_changes_nothing(@ForAll RawSpec raw, @ForAll long seed) {
        Assume.that(raw.isSound());
        NormalizedSpec once = accepted(new Respelling(seed).of(raw.document()));
        NormalizedSpec twice = accepted(once.content());

        assertThat(twice.content()).isEqualTo(once.content());
        assertThat(twice.cells()).isEqualTo(once.cells());
        assertThat(twice.regions()).isEqualTo(once.regions());
        assertThat(twice.timeout()).isEqualTo(once.timeout());
        assertThat(twice.duplicates()).isEmpty();
        assertThat(twice.droppedModels()).isEmpty();
        assertThat(twice.droppedRegions()).isEmpty();
    }

    @Property
    void another_spelling_is_the_same_job(@ForAll RawSpec raw, @ForAll long seed, @ForAll long otherSeed) {
        Assume.that(raw.isSound());
        NormalizedSpec spec = accepted(new Respelling(seed).of(raw.document()));
        NormalizedSpec respelled = accepted(new Respelling(otherSeed).of(raw.document()));

        assertThat(SpecContent.differences(spec.content(), respelled.content())).isEmpty();
        assertThat(respelled.cells()).isEqualTo(spec.cells());
    }

    @Property
    void jobs_with_other_cells_differ(@ForAll RawSpec raw, @ForAll RawSpec other) {
        Assume.that(raw.isSound() && other.isSound());
        NormalizedSpec spec = accepted(raw.document());
        NormalizedSpec otherSpec = accepted(other.document());

        Function<RawSpec, Set<SpecCell>> cells = document -> document.bag().keySet();
        if (!cells.apply(raw).equals(cells.apply(other))) {
            assertThat(SpecContent.differences(spec.content(), otherSpec.content()))
                    .isNotEmpty();
        } else {
            assertThat(otherSpec.cells()).containsExactlyInAnyOrderElementsOf(spec.cells());
        }
    }

    @Property
    void any_bytes_get_an_answer(@ForAll byte[] body) {
        assertThat(Specs.read(body)).isNotNull();
    }

    private static Reading read(ObjectNode document) {
        return Specs.read(document.toString().getBytes(UTF_8));
    }

    private static NormalizedSpec accepted(ObjectNode document) {
        return Specs.accepted(read(document));
    }
}
