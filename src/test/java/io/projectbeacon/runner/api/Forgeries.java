package io.projectbeacon.runner.api;

import static io.projectbeacon.runner.support.Signer.nonce;

import io.projectbeacon.runner.support.Signer;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Ways to get a JobSpec taken that its signer has not signed. Each begins with one that is signed well and that nobody has
 * sent yet.
 */
final class Forgeries {

    private static final JsonMapper JSON = new JsonMapper();
    private static final BigInteger L =
            BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

    /**
     * One way.
     *
     * @param made the forged body, from the victim's JobSpec
     * @param type the end of the type of the problem that answers it; empty for a problem of malformed JSON
     */
    record Forgery(String name, Function<String, String> made, int status, String type) {

        @Override
        public String toString() {
            return name;
        }
    }

    /** Whose document is forged. */
    private final Signer victim;

    /** A trusted key of another caller. */
    private final Signer other;

    private final Signer expired;
    private final Signer early;

    Forgeries(Signer victim, Signer other, Signer expired, Signer early) {
        this.victim = victim;
        this.other = other;
        this.expired = expired;
        this.early = early;
    }

    Stream<Forgery> all() {
        return Stream.of(
                        withoutAllOfASignature(),
                        withBrokenForms(),
                        byOtherKeys(),
                        ofOtherContent(),
                        outsideOfIt(),
                        inTime())
                .flatMap(forgeries -> forgeries);
    }

    private Stream<Forgery> withoutAllOfASignature() {
        return Stream.of(
                edited("the signature is left out", 422, "signature-incomplete", spec -> spec.remove("signature")),
                edited("the key is left out", 422, "signature-incomplete", spec -> spec.remove("public_key")),
                edited("both are left out", 422, "signature-required", spec -> {
                    spec.remove("signature");
                    spec.remove("public_key");
                }),
                edited("both are null", 422, "signature-required", spec -> {
                    spec.putNull("signature");
                    spec.putNull("public_key");
                }),
                edited("the signature is an object", 422, "signature-malformed", spec -> spec.putObject("signature")),
                edited("the signature is empty", 422, "signature-malformed", spec -> spec.put("signature", "")));
    }

    private Stream<Forgery> withBrokenForms() {
        return Stream.of(
                text("the signature has no padding", "signature", "signature-malformed", text -> text.replace("=", "")),
                text("the signature ends in stray bits", "signature", "signature-malformed", Forgeries::strayBits),
                text("the signature is a byte short", "signature", "signature-malformed", Forgeries::shorter),
                text(
                        "the signature's number is past the order",
                        "signature",
                        "signature-malformed",
                        Forgeries::malleated),
                text("the signature's point is of low order", "signature", "signature-malformed", Forgeries::lowOrder),
                text("the signature is all zero", "signature", "signature-malformed", text -> base64(new byte[64])),
                text("the key is a byte short", "public_key", "public-key-malformed", Forgeries::shorter),
                text("the key ends in stray bits", "public_key", "public-key-malformed", Forgeries::strayBits),
                text("the key is of low order", "public_key", "public-key-malformed", text -> base64(new byte[32])),
                text("the key is not canonical", "public_key", "public-key-malformed", text -> {
                    byte[] key = new byte[32];
                    Arrays.fill(key, (byte) 0xff);
                    return base64(key);
                }));
    }

    private Stream<Forgery> byOtherKeys() {
        Signer own = Signer.draw();
        return Stream.of(
                made("signed by a key of one's own", 403, "key-not-trusted", own::signAsItIs),
                edited(
                        "the key is another trusted one",
                        422,
                        "signature-invalid",
                        spec -> spec.put("public_key", other.publicKey())),
                made("signed by the key of another caller", 403, "key-of-another-caller", other::signAsItIs),
                made("signed by a key that has expired", 403, "key-not-valid", expired::signAsItIs),
                made("signed by a key before its time", 403, "key-not-valid", early::signAsItIs));
    }

    private Stream<Forgery> ofOtherContent() {
        return Stream.of(
                edited(
                        "a model is added",
                        422,
                        "signature-invalid",
                        spec -> spec.withArray("/models").add("b")),
                edited(
                        "a model is named twice",
                        422,
                        "signature-invalid",
                        spec -> spec.withArray("/models").add("a")),
                edited(
                        "a region is exchanged",
                        422,
                        "signature-invalid",
                        spec -> spec.putArray("regions").add("eu-west")),
                edited("the prompt is exchanged", 422, "signature-invalid", spec -> spec.put("prompt", "Another?")),
                edited(
                        "the prompt is spelled in another normal form",
                        422,
                        "signature-invalid",
                        spec -> spec.put("prompt", "Cafe\u0301?")),
                edited("a field is left out", 422, "signature-invalid", spec -> spec.remove("priority")),
                edited("a field without effect is added", 422, "signature-invalid", spec -> spec.put("x", 1)),
                edited(
                        "the nonce is exchanged",
                        422,
                        "signature-invalid",
                        spec -> spec.withObject("/metadata").put("nonce", nonce())),
                edited(
                        "the time is exchanged",
                        422,
                        "signature-invalid",
                        spec -> spec.withObject("/metadata")
                                .put("timestamp", Instant.now().plusSeconds(1).toString())),
                edited(
                        "the signature is one of another document",
                        422,
                        "signature-invalid",
                        spec -> spec.set(
                                "signature",
                                JSON.readTree(victim.sign("{\"models\": [\"z\"]}"))
                                        .get("signature"))),
                body(
                        "a number is exchanged for one that rounds to it",
                        422,
                        "not-canonical",
                        "9007199254740992",
                        "9007199254740993"),
                body(
                        "a fraction is exchanged for one that rounds to it",
                        422,
                        "not-canonical",
                        ":0.5",
                        ":0.50000000000000000001"),
                body("a number is past all doubles", 422, "not-canonical", ":0.5", ":1e400"),
                body("half of a surrogate pair is added", 422, "not-canonical", "Caf\u00e9?", "Caf\u00e9?\\ud83d"),
                body("a field is there twice", 400, "", "\"prompt\":", "\"prompt\":\"Another?\",\"prompt\":"));
    }

    private Stream<Forgery> outsideOfIt() {
        return Stream.of(
                made(
                        "the regions are named by a wrapper",
                        422,
                        "field-not-signed",
                        spec -> wrapped(
                                victim.sign("{\"models\": [{\"id\": \"a\", \"regions\": [\"us-east\"]}]}"),
                                "\"target_regions\": [\"us-east\", \"eu-west\"]")),
                made("the signature stands in the wrapper", 422, "signature-incomplete", spec -> {
                    ObjectNode unsigned = (ObjectNode) JSON.readTree(spec);
                    String signature = "\"signature\": %s, \"public_key\": %s"
                            .formatted(unsigned.remove("signature"), unsigned.remove("public_key"));
                    return wrapped(unsigned.toString(), signature);
                }),
                made(
                        "an unsigned one in a wrapper",
                        422,
                        "signature-required",
                        spec -> wrapped("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}", "\"x\": 1")));
    }

    private Stream<Forgery> inTime() {
        Instant now = Instant.now();
        return Stream.of(
                made(
                        "signed more than five minutes ago",
                        422,
                        "timestamp-too-far",
                        spec -> victim.sign(
                                spec, nonce(), now.minus(Duration.ofMinutes(5)).minusSeconds(1))),
                made(
                        "signed for later",
                        422,
                        "timestamp-too-far",
                        spec -> victim.sign(spec, nonce(), now.plus(Duration.ofHours(1)))),
                resigned(
                        "signed without a time",
                        "timestamp-malformed",
                        spec -> spec.withObject("/metadata").remove("timestamp")),
                resigned(
                        "signed with a time without a zone",
                        "timestamp-malformed",
                        spec -> spec.withObject("/metadata").put("timestamp", "2026-01-31T12:00:00")),
                resigned(
                        "signed with a time as a number",
                        "timestamp-malformed",
                        spec -> spec.withObject("/metadata").put("timestamp", now.getEpochSecond())),
                resigned(
                        "signed without a nonce",
                        "nonce-malformed",
                        spec -> spec.withObject("/metadata").remove("nonce")),
                resigned(
                        "signed with an empty nonce",
                        "nonce-malformed",
                        spec -> spec.withObject("/metadata").put("nonce", "")),
                resigned(
                        "signed with a nonce that cannot be stored",
                        "nonce-malformed",
                        spec -> spec.withObject("/metadata").put("nonce", "a\u0000b")),
                resigned(
                        "signed with a nonce that is too long",
                        "nonce-malformed",
                        spec -> spec.withObject("/metadata").put("nonce", "n".repeat(129))),
                resigned("signed without metadata", "nonce-malformed", spec -> spec.putArray("metadata")));
    }

    private static Forgery made(String name, int status, String type, Function<String, String> made) {
        return new Forgery(name, made, status, type);
    }

    private static Forgery edited(String name, int status, String type, Consumer<ObjectNode> edit) {
        return made(name, status, type, spec -> {
            ObjectNode document = (ObjectNode) JSON.readTree(spec);
            edit.accept(document);
            return document.toString();
        });
    }

    private static Forgery text(String name, String field, String type, Function<String, String> edit) {
        return edited(
                name,
                422,
                type,
                spec -> spec.put(field, edit.apply(spec.path(field).asString())));
    }

    private static Forgery body(String name, int status, String type, String text, String instead) {
        return made(name, status, type, spec -> {
            if (!spec.contains(text)) {
                throw new IllegalArgumentException(text + " is not in " + spec);
            }
            return spec.replace(text, instead);
        });
    }

    /** Signed by the victim itself, so that nothing but its form is wrong. */
    private Forgery resigned(String name, String type, Consumer<ObjectNode> edit) {
        Forgery forgery = edited(name, 422, type, edit);
        return made(name, 422, type, spec -> victim.signAsItIs(forgery.made().apply(spec)));
    }

    private static String wrapped(String spec, String further) {
        return "{\"jobspec\": " + spec + ", " + further + "}";
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String shorter(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        return base64(Arrays.copyOf(bytes, bytes.length - 1));
    }

    /** Another text of the same bytes, which a decoder that does not look takes. */
    private static String strayBits(String base64) {
        int last = base64.indexOf('=') - 1;
        return base64.substring(0, last) + (char) (base64.charAt(last) + 1) + base64.substring(last + 1);
    }

    private static String lowOrder(String base64) {
        byte[] signature = Base64.getDecoder().decode(base64);
        Arrays.fill(signature, 0, 32, (byte) 0);
        return base64(signature);
    }

    private static String malleated(String base64) {
        byte[] signature = Base64.getDecoder().decode(base64);
        BigInteger number = BigInteger.ZERO;
        for (int at = 63; at >= 32; at--) {
            number = number.shiftLeft(8).or(BigInteger.valueOf(signature[at] & 0xff));
        }
        number = number.add(L);
        for (int at = 32; at < 64; at++) {
            signature[at] = number.shiftRight(8 * (at - 32)).byteValue();
        }
        return base64(signature);
    }
}
