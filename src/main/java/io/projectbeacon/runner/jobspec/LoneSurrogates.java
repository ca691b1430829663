package io.projectbeacon.runner.jobspec;

import tools.jackson.databind.JsonNode;

/**
 * Finds halves of a surrogate pair, which JSON can escape and valid UTF-8 cannot hold: stored or sent on, a text with a
 * half would change, and two different ids could become the same.
 */
final class LoneSurrogates {

    private final Findings findings;

    private LoneSurrogates(Findings findings) {
        this.findings = findings;
    }

    static void find(JsonNode document, Findings findings) {
        new LoneSurrogates(findings).visit(document, Pointer.ROOT);
    }

    private void visit(JsonNode node, Pointer at) {
        switch (node.getNodeType()) {
            case OBJECT -> node.forEachEntry((name, value) -> visitField(name, value, at));
            case ARRAY -> {
                for (int index = 0; index < node.size(); index++) {
                    visit(node.get(index), at.item(index));
                }
            }
            case STRING -> {
                if (hasLoneSurrogate(node.stringValue())) {
                    findings.fault(at, Quoted.value(node) + " has half of a surrogate pair");
                }
            }
            default -> {}
        }
    }

    private void visitField(String name, JsonNode value, Pointer at) {
        if (hasLoneSurrogate(name)) {
            // No pointer through this name can be written, so the fault names the object and the value is not searched.
            findings.fault(at, "the field name " + Quoted.text(name) + " has half of a surrogate pair");
        } else {
            visit(value, at.field(name));
        }
    }

    private static boolean hasLoneSurrogate(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isSurrogate(text.charAt(at))) {
                if (!Character.isSurrogatePair(text.charAt(at), at + 1 < text.length() ? text.charAt(at + 1) : ' ')) {
                    return true;
                }
                at++;
            }
        }
        return false;
    }
}
