package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.support.Database;

class ClaimGateEmbeddedTest extends ClaimGateContract {

    @Override
    Database database() {
        return Database.fresh();
    }
}
