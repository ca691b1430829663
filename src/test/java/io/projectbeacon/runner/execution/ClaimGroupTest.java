package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.support.Database;

/** The table of answers, for claims that go to the gate together. */
class ClaimGroupTest extends ClaimGateContract {

    @Override
    Database database() {
        return Database.fresh();
    }

    @Override
    Claim claim(Bench bench, Asked asked) {
        return bench.claims.claim(asked.run(), Bench.cell(asked.region(), asked.modelId()), asked.claimId());
    }
}
