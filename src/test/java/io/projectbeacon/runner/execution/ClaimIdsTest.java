package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClaimIdsTest {

    @Test
    void no_two_claims_of_any_processes_have_one_id() {
        List<ClaimIds> processes = List.of(new ClaimIds(), new ClaimIds());
        assertThat(processes.stream()
                        .flatMap(process -> Stream.generate(process::next).limit(1_000)))
                .doesNotHaveDuplicates();
    }
}
