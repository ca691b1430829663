package io.projectbeacon.runner.chaos;

import static io.projectbeacon.runner.chaos.Story.CELL;
import static io.projectbeacon.runner.chaos.Story.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.chaos.History.Answer;
import io.projectbeacon.runner.chaos.History.Duplicate;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Span;
import org.junit.jupiter.api.Test;

/** A checker that never objects proves nothing: it must object to each story that breaks a promise, and to no other. */
class ChaosCheckerTest {

    @Test
    void a_cell_that_was_called_once_a_question_is_in_order() {
        assertThat(Story.completed().violations()).isEmpty();
    }

    @Test
    void a_second_success_is_in_order_when_the_attempt_before_it_ended_unknown() {
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
        story.call(4, 2, 0, 4150, 4190);

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
    void a_second_success_that_nothing_accounts_for_is_seen() {
        Story story = Story.takenOver(false);
        story.attempts.removeFirst();
        story.attempts.addFirst(new History.Attempt(1, 11, 1, at(0), at(4000), "failed"));

        assertThat(story.violations())
                .singleElement()
                .asString()
                .startsWith("3: question 1 of j/us-east/a succeeded 2 times");
    }

    @Test
    void a_call_after_the_end_of_its_attempt_is_in_order_only_when_its_runner_was_paused_in_between() {
        Story story = Story.takenOver(false);
        story.calls.remove(1);
        story.call(4, 1, 1, 4020, 4090);
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
        story.attempts.addFirst(new History.Attempt(1, 11, 1, at(0), at(4000), "failed"));

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
        assertThat(story.violations()).as("call 1 or 2 came too late").isEmpty();

        story.ledger.set(0, new Duplicate(CELL, "completion", "allowed", 3));
        assertThat(story.violations()).singleElement().asString().startsWith("5: the ledger allows 3");
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
        assertThat(story.violations()).singleElement().asString().contains("completed after it was cancelled");
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
        story.requests.add(new Request(Request.Kind.CANCEL, "j", false, at(3000), at(3005), 202));

        assertThat(story.violations())
                .anyMatch(text -> text.startsWith("6: attempt 2") && text.contains("cancelled at"));
    }
}
