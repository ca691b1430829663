package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.support.Database;

class ClaimEmbeddedTest extends ClaimContract {

    @Override
    Database database() {
        return Database.fresh();
    }
}
