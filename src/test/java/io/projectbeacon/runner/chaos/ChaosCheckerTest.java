package io.projectbeacon.runner.chaos;

import static io.projectbeacon.runner.chaos.Story.CELL;
import static io.projectbeacon.runner.chaos.Story.at;
import static io.projectbeacon.runner.chaos.Story.made;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.projectbeacon.runner.chaos.History.Answer;
import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Duplicate;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Span;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A checker that never objects proves nothing: it must object to each story that breaks a promise, and to no other. */
class ChaosCheckerTest {

    @Test
    void a_cell_that_was_called_once_a_question_is_in_order() {
        assertThat(Story.completed().violations()).isEmpty();
    }

    @Test
    void a_question_may_be_asked_again_under_its_key_when_the_attempt_before_ended_unknown() {
        assertThat(Story.takenOver(false).violations()).isEmpty();
    }

    @Test
    void a_held_cell_may_be_called_again_when_a_person_asked_for_it() {
        assertThat(Story.takenOver(true).violations()).isEmpty();
    }

    @Test
    void a_job_that_was_acknowledged_and_is_gone_is_lost() {
        Story story = Story.completed();
        story.lost = true;

        assertThat(story.violations()).anyMatch(text -> text.startsWith("1: the acknowledged job j is gone"));
    }

    @Test
    void a_job_that_nobody_acknowledged_may_be_missing() {
        Story story = new Story();
        story.lost = true;
        story.acknowledged = false;
        story.accepted = 0;

        assertThat(story.violations()).isEmpty();
    }

    @Test
    void a_job_may_be_new_only_once() {
        Story story = Story.completed();
        story.accepted = 2;

        assertThat(story.violations()).singleElement().asString().startsWith("1: the job j was accepted as new 2");
    }

    @Test
    void a_cell_that_was_never_claimed_is_missing() {
        Story story = Story.completed();
        story.cells = 2;
        story.jobStatus = "partial";

        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("1: ")
                .contains("never claimed");
    }

    @Test
    void a_job_that_is_still_running_has_not_ended() {
        Story story = Story.completed();
        story.jobStatus = "running";

        assertThat(story.violations()).anyMatch(text -> text.startsWith("1: the job j is running"));
    }

    @Test
    void a_call_after_the_stored_answer_is_seen_by_its_time() {
        Story story = Story.completed();
        story.call(3, 1, 1, 320, 400);

        assertThat(story.violations()).anyMatch(text -> text.startsWith("2: call 3"));
    }

    @Test
    void a_question_that_is_asked_again_after_the_next_one_is_called_after_its_stored_answer() {
        Story story = Story.takenOver(false);
        story.calls.add(made(4, 2, 0, 4150, 4190).replays("answer 1").call());

        assertThat(story.violations()).singleElement().asString().startsWith("2: call 4");
    }

    @Test
    void a_completed_cell_has_no_further_attempt() {
        Story story = Story.completed();
        story.attempt(2, 2, 2, 400, 500, "completed");

        assertThat(story.violations()).anyMatch(text -> text.startsWith("2: ") && text.contains("tried again"));
    }

    @Test
    void a_call_of_a_process_that_has_no_attempt_at_the_cell_is_a_stray() {
        Story story = Story.completed();
        story.call(3, 2, 0, 20, 30);

        assertThat(story.violations()).anyMatch(text -> text.startsWith("3: call 3") && text.contains("no recorded"));
    }

    @Test
    void a_call_that_begins_before_its_attempt_was_claimed_was_not_claimed_before_it_was_paid_for() {
        Story story = Story.completed();
        story.call(3, 1, 0, -50, 5);

        assertThat(story.violations()).anyMatch(text -> text.startsWith("3: call 3") && text.contains("no recorded"));
    }

    @Test
    void an_attempt_that_asks_a_question_twice_calls_too_often() {
        Story story = Story.completed();
        story.call(3, 1, 0, 20, 30);

        assertThat(story.violations()).anyMatch(text -> text.startsWith("3: attempt 1") && text.contains("question 0"));
    }

    @Test
    void a_second_run_that_nothing_accounts_for_is_seen() {
        Story story = Story.takenOver(false);
        story.retryWithNewKeys(3900);
        story.calls.set(2, made(3, 2, 1, 4010, 4100).underKey(1).call());
        story.answers.set(1, new Answer("second", "answer 3"));
        assertThat(story.violations()).as("attempt 1 ended unknown").isEmpty();

        story.attempts.set(0, Story.attempted(1, 1, 1, 0, 4000, "failed"));
        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("3: question 1 of j/us-east/a was run 2 times");

        story.attempts.set(0, Story.named(story.attempts.getFirst(), "unreadable_answer"));
        assertThat(story.violations()).as("nobody could read it").isEmpty();
    }

    @Test
    void a_call_after_the_end_of_its_attempt_is_in_order_only_when_its_runner_was_paused_in_between() {
        Story story = Story.takenOver(false);
        story.calls.set(1, made(3, 2, 1, 4010, 4015).call());
        story.calls.set(2, made(4, 1, 1, 4020, 4090).replays("answer 3").call());
        story.answers.set(1, new Answer("second", "answer 3"));
        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("3: call 4")
                .contains("after attempt 1");

        story.firstPauses.add(new Span(at(150), at(4015)));
        assertThat(story.violations()).isEmpty();
    }

    @Test
    void a_held_cell_that_is_called_again_by_itself_is_seen_in_its_attempts_and_by_the_provider() {
        Story story = Story.takenOver(true);
        story.requests.clear();
        story.retry(false, 3900);

        assertThat(story.violations())
                .anyMatch(text -> text.startsWith("4: attempt 2"))
                .anyMatch(text -> text.startsWith("4: call 3"));
    }

    @Test
    void a_held_cell_that_is_called_again_while_a_call_is_running_is_seen_even_if_the_service_claims_to_know_its_end() {
        Story story = Story.takenOver(true);
        story.requests.clear();
        story.attempts.removeFirst();
        story.attempts.addFirst(Story.attempted(1, 1, 1, 0, 4000, "failed"));

        assertThat(story.violations()).anyMatch(text -> text.startsWith("4: call 3"));
    }

    @Test
    void a_cell_does_not_stay_unknown_when_its_job_does_not_hold() {
        Story story = Story.takenOver(false);
        story.cellStatus = "unknown";
        story.jobStatus = "failed";

        assertThat(story.violations()).anyMatch(text -> text.startsWith("4: ") && text.contains("does not hold"));
    }

    @Test
    void the_job_and_its_ledger_must_count_the_same() {
        Story story = Story.completed();
        story.ledger.add(new Duplicate(CELL, "retry", "detected", 1));
        story.counters.put("beacon_duplicates_total detected retry", 2.0);

        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("5: beacon_duplicates_total detected retry counts 2");
    }

    @Test
    void a_counter_may_lack_what_a_runner_took_with_it_but_nothing_while_none_died() {
        Story calm = Story.completed();
        calm.counters.put("beacon_jobs_total", 0.0);
        assertThat(calm.violations()).singleElement().asString().startsWith("5: beacon_jobs_total counts 0");

        Story killed = Story.takenOver(false);
        assertThat(killed.violations()).isEmpty();
        killed.counters.put("beacon_executions_unknown_total", 2.0);
        assertThat(killed.violations())
                .singleElement()
                .asString()
                .startsWith("5: beacon_executions_unknown_total counts 2");
    }

    @Test
    void a_counter_of_something_that_is_not_stored_is_seen() {
        Story story = Story.completed();
        story.counters.put("beacon_duplicates_total allowed completion", 1.0);

        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("5: ")
                .contains("nothing of it is stored");
    }

    @Test
    void what_got_through_is_not_counted_more_often_than_answers_came_too_late() {
        Story story = Story.takenOver(false);
        story.ledger.add(new Duplicate(CELL, "completion", "allowed", 1));
        assertThat(story.violations()).as("the answer to call 1 came too late").isEmpty();

        story.ledger.set(0, new Duplicate(CELL, "completion", "allowed", 2));
        assertThat(story.violations())
                .as("the client of call 2 was gone")
                .singleElement()
                .asString()
                .startsWith("5: the ledger allows 2");
    }

    @Test
    void a_replay_that_came_too_late_is_a_duplicate_that_got_through_though_the_model_ran_once() {
        Story story = Story.takenOver(false);
        story.calls.set(1, made(2, 1, 1, 110, 290).replays("answer 2").call());
        story.ledger.add(new Duplicate(CELL, "completion", "allowed", 2));
        assertThat(story.violations()).as("a late answer to each question").isEmpty();

        story.calls.set(1, made(2, 1, 1, 110, 290).told(Told.NOTHING, 502).call());
        assertThat(story.violations()).singleElement().asString().startsWith("5: the ledger allows 2");
    }

    @Test
    void input_duplicates_are_those_of_the_document() {
        Story story = Story.completed();
        story.ledger.add(new Duplicate(CELL, "input", "detected", 1));
        story.counters.put("beacon_duplicates_total detected input", 1.0);

        assertThat(story.violations()).singleElement().asString().startsWith("5: the job j has input duplicates");
    }

    @Test
    void an_answer_that_the_provider_never_gave_is_seen() {
        Story story = Story.completed();
        story.answers.set(1, new Answer("second", "answer 7"));

        assertThat(story.violations()).singleElement().asString().startsWith("6: the provider never gave");
    }

    @Test
    void an_answer_to_another_question_is_seen() {
        Story story = Story.completed();
        story.answers.set(1, new Answer("second", "answer 1"));

        assertThat(story.violations()).singleElement().asString().startsWith("6: the provider never gave");
    }

    @Test
    void a_completed_cell_has_all_its_answers() {
        Story story = Story.completed();
        story.answers.removeLast();

        assertThat(story.violations()).singleElement().asString().contains("completed with 1 of 2 answers");
    }

    @Test
    void a_status_that_disagrees_with_the_cells_is_seen() {
        Story story = Story.completed();
        story.jobStatus = "partial";

        assertThat(story.violations()).singleElement().asString().startsWith("6: the job j is partial with 1 of 1");
    }

    @Test
    void a_cell_that_disagrees_with_its_latest_attempt_is_seen() {
        Story story = Story.completed();
        story.cellStatus = "failed";
        story.jobStatus = "failed";

        assertThat(story.violations()).anyMatch(text -> text.startsWith("6: j/us-east/a is failed"));
    }

    @Test
    void a_job_that_nobody_cancelled_is_not_cancelled_and_one_that_was_stays_so() {
        Story story = Story.completed();
        story.jobStatus = "cancelled";
        assertThat(story.violations()).singleElement().asString().startsWith("6: nobody cancelled");

        story.jobStatus = "completed";
        story.cancel(400);
        assertThat(story.violations()).as("all its cells are completed").isEmpty();

        story.cells = 2;
        story.jobStatus = "partial";
        assertThat(story.violations()).anyMatch(text -> text.contains("partial after it was cancelled"));
    }

    @Test
    void a_cell_is_not_completed_by_an_attempt_that_was_cancelled() {
        Story story = Story.completed();
        story.jobStatus = "cancelled";
        story.cancel(150);

        assertThat(story.violations()).singleElement().asString().contains("by an attempt that was cancelled");
    }

    @Test
    void nothing_is_claimed_after_a_cancel_was_answered() {
        Story story = Story.takenOver(false);
        story.requests.add(new Request(Request.Kind.CANCEL, "j", false, false, at(3000), at(3005), 202));

        assertThat(story.violations())
                .anyMatch(text -> text.startsWith("6: attempt 2") && text.contains("cancelled at"));
    }

    @Test
    void an_answer_that_the_front_lost_is_not_one_that_the_provider_gave() {
        Story story = Story.completed();
        story.calls.set(1, made(2, 1, 1, 110, 290).told(Told.NOTHING, 200).call());
        assertThat(story.violations()).singleElement().asString().startsWith("6: the provider never gave");

        story.calls.set(1, made(2, 1, 1, 110, 290).gone().call());
        assertThat(story.violations()).singleElement().asString().startsWith("6: the provider never gave");
    }

    @Test
    void a_call_that_is_still_going_on_may_be_asked_for_by_one_run_until_it_is_answered() {
        assertThat(Story.stillRunning(false).violations()).isEmpty();
        assertThat(Story.stillRunning(true).violations()).isEmpty();
    }

    @Test
    void a_held_call_that_is_still_going_on_is_asked_for_by_a_run_that_took_the_retry_over() {
        Story story = Story.stillRunning(true);
        story.attempts.set(2, Story.attempted(4, 1, 3, 400, 500, "completed"));

        assertThat(story.violations()).isEmpty();
    }

    @Test
    void a_held_call_that_is_still_going_on_is_not_asked_for_by_a_retry_that_does_not_include_it() {
        Story story = Story.stillRunning(true);
        story.attempts.set(2, Story.attempted(4, 1, 3, 400, 500, "completed"));
        story.retry(false, 350);

        assertThat(story.violations())
                .anyMatch(text -> text.startsWith("4: attempt 4"))
                .anyMatch(text -> text.startsWith("4: call 5"));
    }

    @Test
    void a_held_call_that_met_a_409_without_an_earlier_one_of_unknown_outcome_may_be_made_by_another_run() {
        Story story = new Story();
        story.hold = true;
        story.attempt(1, 1, 1, 0, 120, "failed");
        story.call(1, 1, 0, 10, 100);
        story.calls.add(
                made(2, 1, 1, 110, 119).told(Told.CONFLICT, 409).withoutRun().call());
        story.attempt(2, 2, 2, 200, 300, "completed");
        story.call(3, 2, 1, 210, 290);
        story.end(300, 1, 3);
        story.counters.put("beacon_executions_total completed", 1.0);
        story.counters.put("beacon_jobs_total", 1.0);

        assertThat(story.violations()).isEmpty();
    }

    @Test
    void a_held_call_may_be_made_by_another_run_when_a_known_end_has_followed() {
        Story story = Story.stillRunning(true);
        story.attempts.set(2, Story.attempted(4, 1, 2, 330, 350, "failed"));
        story.calls.set(
                4, made(5, 1, 1, 335, 345).told(Told.NOT_NOW, 503).withoutRun().call());
        story.attempt(5, 2, 3, 400, 500, "completed");
        story.calls.add(made(6, 2, 1, 410, 490).replays("answer 2").call());

        assertThat(story.violations()).isEmpty();
    }

    @Test
    void a_held_cell_is_not_called_several_times_by_attempts_that_are_one_entry() {
        Story story = Story.stillRunning(true);
        Attempt waited = story.attempts.get(1);
        story.attempts.set(1, Story.named(waited, "timeout"));
        story.counters.put("beacon_executions_unknown_total", 3.0);

        assertThat(story.violations()).anyMatch(text -> text.startsWith("4: attempt 2") && text.contains("2 times"));
    }

    @Test
    void attempts_that_ended_alike_are_counted_and_each_asks_once() {
        Story gap = Story.stillRunning(false);
        gap.attempts.set(2, Story.attempted(3, 1, 1, 400, 500, "completed"));
        assertThat(gap.violations()).singleElement().asString().startsWith("3: j/us-east/a has attempt 3 where 4");

        Story often = Story.stillRunning(false);
        often.calls.add(
                made(6, 1, 1, 315, 316).told(Told.CONFLICT, 409).withoutRun().call());
        assertThat(often.violations())
                .singleElement()
                .asString()
                .startsWith("3: attempt 2")
                .contains("question 1");
    }

    @Test
    void an_attempt_that_met_a_call_still_going_on_is_not_one_more_of_unknown_outcome() {
        Story story = Story.stillRunning(false);
        story.counters.put("beacon_executions_unknown_total", 3.0);

        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("5: beacon_executions_unknown_total counts 3");
    }

    @Test
    void a_key_is_run_once() {
        Story story = Story.takenOver(false);
        story.calls.set(2, made(3, 2, 1, 4010, 4100).call());

        assertThat(story.violations())
                .anyMatch(text -> text.startsWith("7: the key j/us-east/a/1 was run twice, by calls 2 and 3"));
    }

    @Test
    void a_question_is_run_again_only_after_a_verdict_that_somebody_can_have_heard() {
        assertThat(Story.condemned().violations()).isEmpty();

        for (Call unheard : List.of(
                made(2, 1, 1, 110, 190).told(Told.VERDICT, 500).gone().call(),
                made(2, 1, 1, 110, 190).told(Told.NOTHING, 502).call(),
                made(2, 1, 1, 110, 190).told(Told.NOT_NOW, 503).call())) {
            Story story = Story.condemned();
            story.calls.set(1, unheard);
            assertThat(story.violations())
                    .anyMatch(text -> text.startsWith("7: question 1") && text.contains("no verdict lies between"));
        }
    }

    @Test
    void a_verdict_from_before_both_runs_does_not_lie_between_them() {
        Story story = Story.condemned();
        story.calls.set(
                1, made(2, 1, 1, 110, 190).told(Told.VERDICT, 500).withoutRun().call());
        story.calls.set(
                2, made(3, 1, 1, 310, 390).told(Told.NOTHING, 0).underKey(1).call());
        story.attempts.set(1, Story.attempted(2, 1, 1, 300, 400, "unknown"));
        story.attempt(3, 1, 1, 500, 600, "completed");
        story.calls.add(made(4, 1, 1, 510, 590).underKey(2).call());

        assertThat(story.violations())
                .anyMatch(
                        text -> text.startsWith("7: question 1 of j/us-east/a was run by call 3 and again by call 4"));
    }

    @Test
    void a_person_may_give_up_the_keys_of_a_job() {
        Story story = Story.takenOver(false);
        story.calls.set(2, made(3, 2, 1, 4010, 4100).underKey(1).call());
        story.answers.set(1, new Answer("second", "answer 3"));
        assertThat(story.violations()).anyMatch(text -> text.startsWith("7: question 1"));

        story.retry(true, 3900);
        assertThat(story.violations()).anyMatch(text -> text.startsWith("7: question 1"));

        story.retryWithNewKeys(3900);
        assertThat(story.violations()).isEmpty();
    }

    @Test
    void a_key_is_given_up_only_for_a_verdict_even_when_the_model_has_not_run() {
        Story refused = Story.condemned();
        refused.calls.set(
                1, made(2, 1, 1, 110, 190).told(Told.NOT_NOW, 429).withoutRun().call());
        assertThat(refused.violations()).singleElement().asString().startsWith("7: call 3 has the key");

        Story first = Story.completed();
        first.calls.set(1, made(2, 1, 1, 110, 290).underKey(1).call());
        assertThat(first.violations()).singleElement().asString().startsWith("7: call 2 has the key");
    }

    @Test
    void a_500_after_a_call_whose_end_was_not_seen_is_a_verdict_only_for_later_runs_unless_it_is_a_replay() {
        Story story = new Story();
        story.attempt(1, 1, 1, 0, 110, "unknown");
        story.call(1, 1, 0, 10, 50);
        story.calls.add(made(2, 1, 1, 60, 100).told(Told.NOTHING, 502).call());
        story.attempt(2, 1, 1, 200, 250, "failed");
        story.calls.add(
                made(3, 1, 1, 210, 240).told(Told.VERDICT, 500).withoutRun().call());
        story.attempt(3, 1, 1, 300, 400, "completed");
        story.calls.add(made(4, 1, 1, 310, 390).underKey(1).call());
        story.end(400, 1, 4);
        story.counters.put("beacon_executions_unknown_total", 1.0);
        story.counters.put("beacon_executions_total completed", 1.0);
        story.counters.put("beacon_jobs_total", 1.0);
        assertThat(story.violations()).singleElement().asString().startsWith("7: call 4 has the key");

        story.calls.set(
                2,
                made(3, 1, 1, 210, 240)
                        .told(Told.VERDICT, 500)
                        .withoutRun()
                        .marked()
                        .call());
        assertThat(story.violations()).isEmpty();

        story.calls.set(
                2, made(3, 1, 1, 210, 240).told(Told.VERDICT, 500).withoutRun().call());
        story.attempts.set(2, Story.attempted(3, 1, 2, 300, 400, "completed"));
        story.retry(false, 260);
        story.counters.put("beacon_jobs_total", 2.0);
        assertThat(story.violations()).isEmpty();
    }

    @Test
    void a_job_has_one_tag_of_its_own() {
        Story story = Story.completed();
        story.calls.replaceAll(
                call -> new Story.Made(call).tagged("0123456789abcdef").call());
        assertThat(story.violations()).isEmpty();

        story.calls.set(1, made(2, 1, 1, 110, 290).tagged("fedcba9876543210").call());
        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("7: the key")
                .contains("of call 2");

        story.calls.set(1, made(2, 1, 1, 110, 290).call());
        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("7: the key")
                .contains("of call 2");
    }

    @Test
    void two_jobs_have_no_tag_in_common() {
        Story story = Story.completed();
        story.calls.replaceAll(
                call -> new Story.Made(call).tagged("0123456789abcdef").call());
        Key elsewhere = Key.of("other/us-east/a/0/0123456789abcdef");
        story.calls.add(
                new Story.Made(story.calls.getFirst()).underKey(elsewhere).call());

        assertThat(story.violations()).anyMatch(text -> text.startsWith("7: the key other/"));
    }

    @Test
    void keys_are_read_with_and_without_a_tag_and_no_others() {
        CellName cell = new CellName("j-1", "us-east", "meta/llama+ 3");
        String begin = "j-1/us-east/meta%2Fllama%2B%203/2";
        assertThat(Key.of(begin)).isEqualTo(new Key(begin, cell, 2, null, 0));
        assertThat(Key.of(begin + "/r12")).isEqualTo(new Key(begin + "/r12", cell, 2, null, 12));
        String tagged = begin + "/0123456789abcdef";
        assertThat(Key.of(tagged)).isEqualTo(new Key(tagged, cell, 2, "0123456789abcdef", 0));
        assertThat(Key.of(tagged + "/r1")).isEqualTo(new Key(tagged + "/r1", cell, 2, "0123456789abcdef", 1));

        for (String other : List.of("beacon/" + "0".repeat(64), begin + "/r0", begin + "/0123", tagged + "/r1/r2")) {
            assertThatIllegalArgumentException().isThrownBy(() -> Key.of(other)).withMessageContaining(other);
        }
    }
}
