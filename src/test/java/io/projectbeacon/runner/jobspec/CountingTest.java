package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import org.junit.jupiter.api.Test;

class CountingTest {

    @Test
    void two_models_named_twice_are_two_cells_and_two_duplicates() {
        NormalizedSpec spec = Specs.accepted("{'models':['a','b','a','b'],'regions':['us-east']}");

        assertThat(spec.cells()).containsExactly(new SpecCell("us-east", "a"), new SpecCell("us-east", "b"));
        assertThat(spec.duplicates())
                .containsExactly(
                        new CellDuplicates(new SpecCell("us-east", "a"), 1),
                        new CellDuplicates(new SpecCell("us-east", "b"), 1));
        assertThat(spec.namedModels()).isEqualTo(4);
        assertThat(spec.models()).containsExactly("a", "b");
        assertThat(spec.droppedModels()).containsExactly("a", "b");
        assertThat(spec.droppedRegions()).isEmpty();
    }

    @Test
    void a_model_and_a_region_named_twice_are_one_cell_and_three_duplicates() {
        NormalizedSpec spec = Specs.accepted("{'models':['a','a'],'regions':['US','us-east']}");

        assertThat(spec.cells()).containsExactly(new SpecCell("us-east", "a"));
        assertThat(spec.duplicates()).containsExactly(new CellDuplicates(new SpecCell("us-east", "a"), 3));
        assertThat(spec.regions()).containsExactly("us-east");
        assertThat(spec.droppedRegions()).containsExactly("us-east");
    }

    @Test
    void nothing_named_twice_is_no_duplicate() {
        NormalizedSpec spec = Specs.accepted("{'models':['b','a'],'regions':['EU','US']}");

        assertThat(spec.cells())
                .containsExactly(
                        new SpecCell("eu-west", "b"),
                        new SpecCell("us-east", "b"),
                        new SpecCell("eu-west", "a"),
                        new SpecCell("us-east", "a"));
        assertThat(spec.duplicates()).isEmpty();
        assertThat(spec.droppedModels()).isEmpty();
    }

    @Test
    void regions_are_compared_after_aliases_case_and_white_space() {
        NormalizedSpec spec =
                Specs.accepted("{'models':['a'],'regions':['us','US','us-east-1','US-East',' us-east ']}");

        assertThat(spec.cells()).containsExactly(new SpecCell("us-east", "a"));
        assertThat(spec.duplicates()).extracting(CellDuplicates::occurrences).containsExactly(4L);
    }

    @Test
    void ids_are_compared_after_trimming_and_nfc_but_by_case() {
        NormalizedSpec spec = Specs.accepted(
                "{'models':['\\u2003é\\n\\u00a0',{'id':'\\u202f\\u0085e\\u0301\\u2007'},'É'],'regions':['US']}");

        assertThat(spec.models()).containsExactly("é", "É");
        assertThat(spec.droppedModels()).containsExactly("é");
    }

    @Test
    void an_entry_with_regions_runs_in_those_of_the_job_s() {
        NormalizedSpec spec = Specs.accepted(
                "{'models':['a',{'id':'b','regions':['APAC','EU','EU']}],'regions':['US','EU','us-east'],'prompt':'P'}");

        assertThat(spec.cells())
                .containsExactly(
                        new SpecCell("us-east", "a"), new SpecCell("eu-west", "a"), new SpecCell("eu-west", "b"));
        assertThat(spec.duplicates())
                .extracting(CellDuplicates::cell, CellDuplicates::occurrences)
                .containsExactly(tuple(new SpecCell("us-east", "a"), 1L), tuple(new SpecCell("eu-west", "b"), 1L));
        assertThat(spec.droppedRegions()).containsExactly("us-east", "eu-west");
        assertThat(spec.warnings())
                .containsExactly("model \"b\" has regions that the job has not; it does not run there");
    }

    @Test
    void a_model_that_runs_everywhere_is_not_restricted_whatever_it_says() {
        NormalizedSpec spec = Specs.accepted(
                "{'models':[{'id':'a','regions':['EU','US']},{'id':'b','regions':['EU']}],'regions':['US','EU']}");

        assertThat(spec.content().path("models"))
                .hasToString("[{'id':'a'},{'id':'b','regions':['eu-west']}]".replace('\'', '"'));
    }

    @Test
    void repeats_in_both_arrays_multiply() {
        NormalizedSpec spec =
                Specs.accepted("{'models':[{'id':'a','regions':['US','us']}],'regions':['US','us','us']}");

        assertThat(spec.duplicates()).extracting(CellDuplicates::occurrences).containsExactly(5L);
    }

    @Test
    void without_regions_of_the_job_those_of_the_models_are_the_job_s_in_order_of_appearance() {
        NormalizedSpec spec = Specs.accepted("""
                {'models':[{'id':'a','regions':['EU']},{'id':'b','regions':['APAC']},{'id':'a','regions':['US','EU']}]}
                """);

        assertThat(spec.regions()).containsExactly("eu-west", "asia-pacific", "us-east");
        assertThat(spec.cells())
                .containsExactly(
                        new SpecCell("eu-west", "a"), new SpecCell("us-east", "a"), new SpecCell("asia-pacific", "b"));
        assertThat(spec.duplicates()).containsExactly(new CellDuplicates(new SpecCell("eu-west", "a"), 1));
    }

    @Test
    void entries_of_one_id_run_in_the_union_of_their_regions() {
        NormalizedSpec spec = Specs.accepted("{'models':[{'id':'a','regions':['EU']},'a','b'],'regions':['US','EU']}");

        assertThat(spec.cells()).contains(new SpecCell("us-east", "a"), new SpecCell("eu-west", "a"));
        assertThat(spec.duplicates()).containsExactly(new CellDuplicates(new SpecCell("eu-west", "a"), 1));
    }

    @Test
    void the_first_entry_of_an_id_is_kept_and_a_difference_is_told_once() {
        NormalizedSpec spec = Specs.accepted("""
                {'models':[{'id':'a','name':'One','top_p':1.0},{'id':'a','top_p':1,'name':'One'},
                           {'name':'Two','id':'a'},'a'],'regions':['US'],'prompt':'P'}
                """);

        assertThat(spec.content().path("models"))
                .isEqualTo(Specs.tree("{'m':[{'id':'a','name':'One','top_p':1.0}]}")
                        .path("m"));
        assertThat(spec.warnings())
                .containsExactly("the entries of model \"a\" differ; the first one's fields are kept");
    }

    @Test
    void entries_that_name_other_regions_than_the_first_are_told_of_once() {
        assertThat(Specs.accepted("{'models':[{'id':'a','regions':['US']},'a',{'id':'a','regions':['EU']}],"
                                + "'regions':['US','EU'],'prompt':'P'}")
                        .warnings())
                .containsExactly("the entries of model \"a\" name different regions; it runs in all of them");
        assertThat(Specs.accepted("{'models':[{'id':'a','regions':['US']},{'id':'a','regions':['us-east','us']}],"
                                + "'regions':['US'],'prompt':'P'}")
                        .warnings())
                .isEmpty();
    }
}
