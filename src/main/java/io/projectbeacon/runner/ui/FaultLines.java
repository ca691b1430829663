package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.jobspec.Fault;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

/** Finds the lines of the editor that a refusal is about. */
@Component
class FaultLines {

    private static final int LONGEST_LINE = 160;

    /** How the API says where a document is no JSON. */
    private static final Pattern LINE = Pattern.compile("^line (\\d+), column \\d+: ");

    private final JsonMapper json;

    FaultLines(JsonMapper json) {
        this.json = json;
    }

    /** The faults that the API has named; one without a place when it names none. */
    List<SpecFault> of(String spec, ProblemException refused) {
        Map<String, Object> further = refused.getBody().getProperties();
        List<String> lines = spec.lines().toList();
        String detail = String.valueOf(refused.getBody().getDetail());
        if (further != null && further.get("errors") instanceof List<?> errors) {
            Map<String, Integer> places = places(spec);
            List<SpecFault> faults = errors.stream()
                    .filter(Fault.class::isInstance)
                    .map(Fault.class::cast)
                    .map(fault -> fault(line(fault.pointer(), places), lines, fault.pointer(), fault.detail()))
                    .toList();
            if (!faults.isEmpty()) {
                return faults;
            }
        }
        Matcher line = LINE.matcher(detail);
        return List.of(fault(line.find() ? Integer.parseInt(line.group(1)) : 0, lines, "", detail));
    }

    private static SpecFault fault(int line, List<String> lines, String pointer, String detail) {
        String text = line < 1 || line > lines.size() ? "" : lines.get(line - 1).strip();
        return new SpecFault(
                line, text.length() > LONGEST_LINE ? text.substring(0, LONGEST_LINE) + "…" : text, pointer, detail);
    }

    /** What is missing has no line of its own: that of what it is missing in. */
    private static int line(String pointer, Map<String, Integer> places) {
        String place = pointer;
        while (!places.containsKey(place) && !place.isEmpty()) {
            place = place.substring(0, place.lastIndexOf('/'));
        }
        return place.isEmpty() && !pointer.isEmpty() ? 0 : places.getOrDefault(place, 0);
    }

    /** The line in which each value begins, by its pointer. */
    private Map<String, Integer> places(String spec) {
        Map<String, Integer> places = new HashMap<>();
        try (JsonParser parser = json.createParser(spec)) {
            while (parser.nextToken() != null) {
                places.putIfAbsent(
                        parser.streamReadContext().pathAsPointer().toString(),
                        parser.currentTokenLocation().getLineNr());
            }
        } catch (JacksonException broken) {
            return places; // The lines up to there are known.
        }
        return places;
    }
}
