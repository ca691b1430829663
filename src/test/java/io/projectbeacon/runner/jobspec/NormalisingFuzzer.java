package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What Jazzer calls to compare the cells of a document with those that are found by brute force. */
public final class NormalisingFuzzer {

    private static final int MOST_ENTRIES = 12;
    private static final int MOST_REGIONS = 5;

    private NormalisingFuzzer() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        List<RawSpec.Entry> models = new ArrayList<>();
        List<String> regions = data.consumeBoolean() ? regions(data) : null;
        for (int left = data.consumeInt(1, MOST_ENTRIES); left > 0; left--) {
            models.add(new RawSpec.Entry(
                    data.pickValue(RawSpec.idSpellings().toArray(String[]::new)),
                    data.consumeBoolean() ? regions(data) : null,
                    data.consumeBoolean()));
        }
        RawSpec raw = new RawSpec(models, regions);
        String document = raw.document().toString();
        String respelled = new Respelling(data.consumeLong()).of(raw.document()).toString();
        switch (Specs.read(document.getBytes(UTF_8))) {
            case Reading.Malformed malformed -> throw new AssertionError(malformed.detail());
            case Reading.Invalid invalid -> {
                ReadingFuzzer.require(!raw.isSound(), "refused: " + document);
                ReadingFuzzer.require(
                        Specs.read(respelled.getBytes(UTF_8)) instanceof Reading.Invalid, "accepted: " + respelled);
            }
            case Reading.Accepted accepted -> {
                ReadingFuzzer.require(raw.isSound(), "accepted: " + document);
                compare(raw.bag(), accepted.spec(), document);
                ReadingFuzzer.require(
                        Specs.read(respelled.getBytes(UTF_8)) instanceof Reading.Accepted same
                                && same.spec().cells().equals(accepted.spec().cells()),
                        "not the same job: " + document + " and " + respelled);
            }
        }
    }

    private static void compare(Map<SpecCell, Long> bag, NormalizedSpec spec, String document) {
        ReadingFuzzer.require(
                new HashSet<>(spec.cells()).equals(bag.keySet()) && spec.cells().size() == bag.size(), document);
        Map<SpecCell, Long> counted =
                spec.duplicates().stream().collect(Collectors.toMap(CellDuplicates::cell, CellDuplicates::occurrences));
        bag.forEach((cell, times) ->
                ReadingFuzzer.require(counted.getOrDefault(cell, 0L) == times - 1, cell + " of " + document));
    }

    private static List<String> regions(FuzzedDataProvider data) {
        List<String> regions = new ArrayList<>();
        for (int left = data.consumeInt(1, MOST_REGIONS); left > 0; left--) {
            regions.add(data.pickValue(RawSpec.regionSpellings().toArray(String[]::new)));
        }
        return regions;
    }
}
