package io.projectbeacon.runner.execution;

import tools.jackson.databind.JsonNode;

/**
 * How often the idempotency key of each of a cell's questions has been given up.
 *
 * @param before the number of a question that {@code byQuestion} does not name
 * @param byQuestion numbers by the question's index, as the row has them
 */
record KeyNumbers(int before, JsonNode byQuestion) {

    /** @param question its index, from 0 */
    int of(int question) {
        return byQuestion.path(Integer.toString(question)).asInt(before);
    }
}
