package io.projectbeacon.runner.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.projectbeacon.runner.client.api.CellsApi;
import io.projectbeacon.runner.client.api.DuplicatesApi;
import io.projectbeacon.runner.client.api.JobsApi;
import io.projectbeacon.runner.client.model.Execution;
import io.projectbeacon.runner.client.model.Job;
import io.projectbeacon.runner.client.model.JobSpec;
import io.projectbeacon.runner.client.model.JobStatus;
import io.projectbeacon.runner.support.RunnerApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A client that openapi-generator has made from the description of the API, as the build has it. */
class GeneratedClientTest {
}
