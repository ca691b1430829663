package io.projectbeacon.runner.jobspec;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Builds the tree of one RFC 8259 document, and refuses what two readers could understand differently: comments,
 * repeated names, trailing text, broken UTF-8. A byte order mark at the start is skipped.
 *
 * <p>It builds the tree itself, because Jackson's own limits count differently (without a number's sign and decimal
 * point) and its messages repeat the document's text.
 */
final class StrictJson {

    private static final int MOST_DEPTH = 64;
    private static final int MOST_NUMBER_LENGTH = 100;

    /** A stored document is read again, by readers that have this bound. */
    private static final int MOST_NAME_LENGTH = StreamReadConstraints.DEFAULT_MAX_NAME_LEN;

    private static final int UNBOUNDED = Integer.MAX_VALUE;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    // Off, because Jackson's name table outlives the document and would keep names that clients sent.
    private static final JsonFactory PARSERS = JsonFactory.builder()
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNumberLength(UNBOUNDED)
                    .maxNameLength(UNBOUNDED)
                    .maxStringLength(UNBOUNDED)
                    .build())
            .build();

    private final JsonParser parser;

    private StrictJson(JsonParser parser) {
        this.parser = parser;
    }

    /** Reads a document that this service has stored: it has been counted when it came. */
    static JsonNode parse(byte[] body) throws NotJsonException {
        return parse(body, UNBOUNDED);
    }

    /** @param mostNodes how many values the document may have, counted before any of them is built */
    static JsonNode parse(byte[] body, int mostNodes) throws NotJsonException {
        int tooMany = NodeCount.firstPast(body, mostNodes);
        if (tooMany >= 0) {
            throw refusal(body, tooMany, "there are more than " + mostNodes + " values (beacon.limits.nodes)");
        }
        try (JsonParser parser = PARSERS.createParser(ObjectReadContext.empty(), decode(body))) {
            return new StrictJson(parser).document();
        } catch (UnexpectedEndOfInputException e) {
            throw refusal(e.getLocation(), "the document ends too early");
        } catch (JacksonException e) {
            throw refusal(e.getLocation(), "not valid JSON");
        }
    }

    private JsonNode document() throws NotJsonException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw refusal("there is no document");
        }
        JsonNode document = value(first, 1);
        if (parser.nextToken() != null) {
            throw refusal("there is more after the end of the document");
        }
        return document;
    }

    private JsonNode value(JsonToken token, int depth) throws NotJsonException {
        return switch (token) {
            case START_OBJECT -> object(depth);
            case START_ARRAY -> array(depth);
            case VALUE_STRING -> NODES.stringNode(parser.getString());
            case VALUE_NUMBER_INT -> wholeNumber();
            case VALUE_NUMBER_FLOAT -> decimal();
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            default -> throw refusal("not valid JSON");
        };
    }

    private ObjectNode object(int depth) throws NotJsonException {
        requireDepth(depth);
        // Most objects are small, and a table of the default size would be most of what they take.
        ObjectNode object = new ObjectNode(NODES, new LinkedHashMap<>(2));
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            if (name.length() > MOST_NAME_LENGTH) {
                throw refusal("a field's name is longer than " + MOST_NAME_LENGTH + " characters");
            }
            if (object.has(name)) {
                throw refusal("a field's name is there twice in one object");
            }
            object.set(name, value(parser.nextToken(), depth + 1));
        }
        return object;
    }

    private ArrayNode array(int depth) throws NotJsonException {
        requireDepth(depth);
        ArrayNode array = new ArrayNode(NODES, new ArrayList<>(0)); // One that grows from nothing stays small.
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
            array.add(value(next, depth + 1));
        }
        return array;
    }

    private JsonNode wholeNumber() throws NotJsonException {
        requireLength(parser.getString());
        return switch (parser.getNumberType()) {
            case INT -> NODES.numberNode(parser.getIntValue());
            case LONG -> NODES.numberNode(parser.getLongValue());
            default -> NODES.numberNode(parser.getBigIntegerValue());
        };
    }

    private JsonNode decimal() throws NotJsonException {
        String spelled = requireLength(parser.getString());
        BigDecimal number;
        try {
            number = new BigDecimal(spelled);
        } catch (NumberFormatException e) {
            throw refusal("a number's exponent is out of range");
        }
        // Jackson writes a number of this scale, but cannot read it back.
        if (number.scale() == Integer.MIN_VALUE) {
            throw refusal("a number's exponent is out of range");
        }
        requireLength(number.toString());
        return NODES.numberNode(number);
    }

    private void requireDepth(int depth) throws NotJsonException {
        if (depth > MOST_DEPTH) {
            throw refusal("nested deeper than " + MOST_DEPTH);
        }
    }

    private String requireLength(String number) throws NotJsonException {
        if (number.length() > MOST_NUMBER_LENGTH) {
            throw refusal("a number is longer than " + MOST_NUMBER_LENGTH + " characters");
        }
        return number;
    }

    private NotJsonException refusal(String reason) {
        return refusal(parser.currentTokenLocation(), reason);
    }

    private static NotJsonException refusal(@Nullable TokenStreamLocation at, String reason) {
        return at == null
                ? new NotJsonException(1, 1, reason)
                : new NotJsonException(Math.max(at.getLineNr(), 1), Math.max(at.getColumnNr(), 1), reason);
    }

    private static NotJsonException refusal(byte[] body, int at, String reason) {
        String before = new String(body, 0, at, StandardCharsets.UTF_8);
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        return new NotJsonException(line, before.length() - before.lastIndexOf('\n'), reason);
    }

    private static String decode(byte[] body) throws NotJsonException {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer decoded = CharBuffer.allocate(body.length);
        boolean broken = decoder.decode(ByteBuffer.wrap(body), decoded, true).isError();
        String text = decoded.flip().toString();
        if (broken) {
            int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
            throw new NotJsonException(line, text.length() - text.lastIndexOf('\n'), "not valid UTF-8");
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }
}
