package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.support.Database;

/** The claim's table of answers, for claims that go through a batch. */
class ClaimBatchTest extends ClaimContract {

    @Override
    Database database() {
        return Database.fresh();
    }

    @Override
    ClaimResult claim(ExecutionHarness harness, ClaimRequest request) {
        return harness.claim(request);
    }
}
