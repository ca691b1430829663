package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/** The bad documents that are not JSON, or that two readers might understand differently. */
final class MalformedDocuments {

    private final List<BadJobSpecs.BadJobSpec> all = new ArrayList<>();

    private MalformedDocuments() {}

    static List<BadJobSpecs.BadJobSpec> all() {
        MalformedDocuments table = new MalformedDocuments();
        table.malformed();
        return table.all;
    }

    private void malformed() {
        malformed("an empty body", "", "there is no document");
        malformed("white space only", "  \n ", "there is no document");
        malformed("a document that ends early", "{'models':['a'", "line 1, column 15: the document ends too early");
        malformed("a string that does not end", "{'models':['a", "ends too early");
        malformed("no JSON at all", "models: [a]", "line 1, column 1: not valid JSON");
        malformed("a second line with an error", "{'models':['a'],\n  oops}", "line 2, column 3: not valid JSON");
        malformed("a comment", "{/* all */ 'models':['a']}", "not valid JSON");
        malformed("a hash comment", "# all\n{'models':['a']}", "not valid JSON");
        malformed("a comma too many", "{'models':['a'],}", "not valid JSON");
        malformed("an item missing in an array", "{'models':['a',,'b']}", "not valid JSON");
        malformed("a trailing token", "{'models':['a']} 1", "line 1, column 18: there is more after the end");
        malformed("a trailing brace", "{'models':['a']}}", "not valid JSON");
        malformed("a field twice", "{'models':['a'],'models':['b']}", "there twice");
        malformed("a field twice, spelled with an escape", "{'x':{'a':1,'\\u0061':2}}", "there twice");
        malformed("nesting 65 deep", "{'x':" + "[".repeat(64) + "]".repeat(64) + "}", "nested deeper than 64");
        malformed("nesting without end", "[".repeat(100_000), "nested deeper than 64");
        malformed("a number of 101 digits", "{'x':" + "1".repeat(101) + "}", "a number is longer than 100 characters");
        malformed("a decimal of 101 characters", "{'x':-1." + "1".repeat(98) + "}", "longer than 100");
        malformed(
                "a decimal that is longer when it is written", "{'x':" + "1".repeat(94) + "e99999}", "longer than 100");
        malformed("an exponent out of range", "{'x':1e99999999999}", "exponent is out of range");
        malformed("an exponent that is written but not read again", "{'x':1e2147483648}", "exponent is out of range");
        malformed("such an exponent of nothing", "{'x':[0e2147483648]}", "exponent is out of range");
        malformed("a name of 50,001 characters", "{'x':{'" + "n".repeat(50_001) + "':1}}", "name is longer than 50000");
        malformed("NaN", "{'x':NaN}", "not valid JSON");
        malformed("a leading zero", "{'x':01}", "not valid JSON");
        malformed("a plus sign", "{'x':+1}", "not valid JSON");
        malformed("a line break in a string", "{'x':'a\nb'}", "not valid JSON");
        malformed("an unknown escape", "{'x':'\\q'}", "not valid JSON");
        raw("single quotes", "{'models':['a']}".getBytes(UTF_8), "not valid JSON");
        raw("Latin-1", "{\"x\":\n\"\u00e9\"}".getBytes(ISO_8859_1), "line 2, column 2: not valid UTF-8");
        raw("UTF-16", "{\"x\":1}".getBytes(UTF_16), "not valid UTF-8");
        raw("a surrogate in UTF-8", bytes('"', 0xED, 0xA0, 0x80, '"'), "not valid UTF-8");
        raw("an overlong slash", bytes('"', 0xC0, 0xAF, '"'), "not valid UTF-8");
        raw("a character cut short", bytes('"', 0xE2, 0x82), "not valid UTF-8");
    }

    private void malformed(String name, String body, String words) {
        raw(name, Specs.json(body).getBytes(UTF_8), words);
    }

    private void raw(String name, byte[] body, String words) {
        all.add(new BadJobSpecs.BadJobSpec(name, body, BadJobSpecs.Kind.MALFORMED, List.of(), words));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int at = 0; at < values.length; at++) {
            bytes[at] = (byte) values[at];
        }
        return bytes;
    }
}
