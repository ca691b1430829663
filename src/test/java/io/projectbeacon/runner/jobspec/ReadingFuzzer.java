package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.ParameterNames;
import java.util.HashSet;
import java.util.List;

/** What Jazzer calls with bytes that it makes up: any body gets one of the three answers, and a run can read what was accepted. */
public final class ReadingFuzzer {

    private static final int LONGEST_DETAIL = 10_000;

    private ReadingFuzzer() {}

    public static void fuzzerTestOneInput(byte[] body) {
        switch (Specs.read(body)) {
            case Reading.Malformed malformed -> require(!malformed.detail().isBlank(), "a refusal without a reason");
            case Reading.Invalid invalid -> {
                require(!invalid.faults().isEmpty(), "a refusal without a fault");
                invalid.faults()
                        .forEach(fault -> require(
                                fault.pointer().isEmpty() || fault.pointer().startsWith("/"),
                                "a pointer that is none"));
                invalid.faults()
                        .forEach(fault ->
                                require(fault.detail().length() < LONGEST_DETAIL, "a fault that repeats the body"));
            }
            case Reading.Accepted accepted -> check(accepted.spec());
        }
    }

    private static void check(NormalizedSpec spec) {
        require(!spec.cells().isEmpty(), "a job without a cell");
        require(new HashSet<>(spec.cells()).size() == spec.cells().size(), "a cell twice");
        require(spec.models().stream().noneMatch(Spelling::isMisleading), "a misleading id");
        List<CellWork> plan = WorkPlan.of(spec.content().toString(), ParameterNames.known());
        List<SpecCell> planned = plan.stream()
                .map(work -> new SpecCell(work.region(), work.modelId()))
                .toList();
        require(planned.equals(spec.cells()), "a run would call other cells");
        require(SpecContent.same(SpecContent.parse(spec.content().toString()), spec.content()), "the content is lost");
    }

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
