package io.projectbeacon.runner.inference;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** Decodes the bytes of an answer: packed although nothing packed was asked for, in another charset, with a byte order mark. */
final class ReplyText {

    private static final int MAX_ENCODINGS = 3;
    private static final int ENOUGH_TO_TELL = 16;
    private static final Pattern CHARSET = Pattern.compile("(?i)charset *= *\"?([\\w.:+-]+)");

    private ReplyText() {}

    /**
     * The text; a broken sequence costs one character and not the answer.
     *
     * @throws BoundedBody.TooLarge when it unpacks to more than 8 MiB
     * @throws IOException when it is packed in a way that is not known, or broken
     */
    static String of(HttpHeaders headers, byte[] body) throws IOException {
        byte[] bytes = unpacked(body, encodings(headers));
        Charset marked = byteOrderMark(bytes);
        String text = new String(bytes, marked == null ? charset(headers, bytes) : marked);
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** Whether the body may be longer once it is unpacked. */
    static boolean isPacked(HttpHeaders headers, byte[] body) {
        return isGzip(body) || !encodings(headers).isEmpty();
    }

    /** The encodings that were applied, the last one first. */
    private static List<String> encodings(HttpHeaders headers) {
        List<String> encodings = headers.allValues("Content-Encoding").stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(value -> value.strip().toLowerCase(Locale.ROOT))
                .filter(value -> !value.isEmpty() && !value.equals("identity"))
                .toList();
        return encodings.reversed();
    }

    private static byte[] unpacked(byte[] body, List<String> encodings) throws IOException {
        if (encodings.size() > MAX_ENCODINGS) {
            throw new IOException("packed " + encodings.size() + " times");
        }
        byte[] bytes = body;
        for (String encoding : encodings) {
            bytes = switch (encoding) {
                // Some gateways name an encoding and do not apply it, apply another, or name a charset as one.
                case "gzip", "x-gzip" -> isGzip(bytes) ? gunzip(bytes) : bytes;
                case "deflate" -> isGzip(bytes) || looksLikeText(bytes) ? bytes : inflate(bytes);
                default -> {
                    if (!looksLikeText(bytes)) {
                        throw new IOException("packed with " + ProviderText.message(encoding));
                    }
                    yield bytes;
                }
            };
        }
        return isGzip(bytes) ? gunzip(bytes) : bytes;
    }

    private static boolean isGzip(byte[] bytes) {
        return bytes.length > 2 && bytes[0] == 0x1f && (bytes[1] & 0xff) == 0x8b;
    }

    /** Whether it begins in ASCII, as each document and each event does. */
    private static boolean looksLikeText(byte[] bytes) {
        for (int i = startsWith(bytes, 0xEF, 0xBB, 0xBF) ? 3 : 0; i < Math.min(bytes.length, ENOUGH_TO_TELL); i++) {
            if (bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n' && (bytes[i] < ' ' || bytes[i] == 0x7f)) {
                return false;
            }
        }
        return true;
    }

    private static byte[] gunzip(byte[] bytes) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return bounded(in);
        }
    }

    /** RFC 9110 means zlib's format; some servers send the raw one. */
    private static byte[] inflate(byte[] bytes) throws IOException {
        try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(bytes))) {
            return bounded(in);
        } catch (BoundedBody.TooLarge tooLarge) {
            throw tooLarge;
        } catch (IOException notZlib) {
            Inflater raw = new Inflater(true);
            try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(bytes), raw)) {
                return bounded(in);
            } finally {
                raw.end();
            }
        }
    }

    private static byte[] bounded(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 14];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            if (out.size() + read > BoundedBody.MAX_BYTES) {
                throw new BoundedBody.TooLarge();
            }
            out.write(buffer, 0, read);
        }
        return out.toByteArray();
    }

    private static @Nullable Charset byteOrderMark(byte[] bytes) {
        if (startsWith(bytes, 0xEF, 0xBB, 0xBF)) {
            return StandardCharsets.UTF_8;
        }
        if (startsWith(bytes, 0xFE, 0xFF)) {
            return StandardCharsets.UTF_16BE;
        }
        return startsWith(bytes, 0xFF, 0xFE) ? StandardCharsets.UTF_16LE : null;
    }

    private static boolean startsWith(byte[] bytes, int... mark) {
        for (int i = 0; i < mark.length; i++) {
            if (bytes.length <= i || (bytes[i] & 0xff) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    /** A charset that is named wrongly is no reason to lose an answer: JSON is UTF-8 (RFC 8259, 8.1) where it can be. */
    private static Charset charset(HttpHeaders headers, byte[] bytes) {
        // RFC 4627, 3: the first two characters of a JSON text are ASCII, so zeros tell UTF-16 apart.
        if (bytes.length >= 2 && bytes[0] == 0 && bytes[1] != 0) {
            return StandardCharsets.UTF_16BE;
        }
        if (bytes.length >= 2 && bytes[0] != 0 && bytes[1] == 0) {
            return StandardCharsets.UTF_16LE;
        }
        Matcher named = CHARSET.matcher(headers.firstValue("Content-Type").orElse(""));
        if (!named.find() || isUtf8(bytes)) {
            return StandardCharsets.UTF_8;
        }
        try {
            return Charset.forName(named.group(1));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            return StandardCharsets.UTF_8;
        }
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException other) {
            return false;
        }
    }
}
