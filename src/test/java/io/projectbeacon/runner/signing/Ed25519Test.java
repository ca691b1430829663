package io.projectbeacon.runner.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Signer;
import java.math.BigInteger;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Ed25519Test {

    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger L =
            BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    private static final byte[] MESSAGE = "a message".getBytes(UTF_8);

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static PublicKey key(Signer signer) {
        return Ed25519.publicKey(Base64.getDecoder().decode(signer.publicKey())).orElseThrow();
    }

    private static byte[] littleEndian(BigInteger number) {
        byte[] bytes = new byte[32];
        for (int at = 0; at < 32; at++) {
            bytes[at] = number.shiftRight(8 * at).byteValue();
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,'',e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
                    3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
                    fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,af82,6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
                    """)
    void the_signatures_of_rfc_8032_hold_and_no_bit_of_them_may_change(String key, String message, String signature) {
        PublicKey trusted = Ed25519.publicKey(hex(key)).orElseThrow();
        byte[] signed = hex(signature);
        assertThat(Ed25519.isWellFormed(signed)).isTrue();
        assertThat(Ed25519.verify(trusted, hex(message), signed)).isTrue();

        for (int bit = 0; bit < 8 * signed.length; bit++) {
            byte[] changed = signed.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(Ed25519.verify(trusted, hex(message), changed))
                    .as("bit %d", bit)
                    .isFalse();
        }
    }

    /** The eight points of low order, and the spellings of them that are not canonical. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0100000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000080",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0000000000000000000000000000000000000000000000000000000000000080",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            })
    void a_point_of_low_order_is_neither_a_key_nor_a_part_of_a_signature(String point) {
        assertThat(Ed25519.publicKey(hex(point))).isEmpty();
        assertThat(Ed25519.isWellFormed(Arrays.copyOf(hex(point), 64))).isFalse();
    }

    @Test
    void a_y_of_the_field_s_order_or_more_is_refused() {
        for (int past = 0; past < 19; past++) {
            byte[] spelled = littleEndian(P.add(BigInteger.valueOf(past)));
            assertThat(Ed25519.publicKey(spelled)).as("p + %d", past).isEmpty();
            spelled[31] |= (byte) 0x80;
            assertThat(Ed25519.publicKey(spelled)).as("-(p + %d)", past).isEmpty();
        }
    }

    @Test
    void about_half_of_all_y_are_no_points_and_no_keys() {
        long points = 0;
        for (int y = 2; y < 202; y++) {
            points += Ed25519.publicKey(littleEndian(BigInteger.valueOf(y))).isPresent() ? 1 : 0;
        }
        assertThat(points).isBetween(60L, 140L);
    }

    @Test
    void the_same_signature_with_its_number_past_the_order_is_none() {
        Signer signer = Signer.draw();
        byte[] signature = signer.signature(MESSAGE);
        assertThat(Ed25519.verify(key(signer), MESSAGE, signature)).isTrue();

        byte[] number = Arrays.copyOfRange(signature, 32, 64);
        BigInteger s = BigInteger.ZERO;
        for (int at = 31; at >= 0; at--) {
            s = s.shiftLeft(8).or(BigInteger.valueOf(number[at] & 0xff));
        }
        byte[] malleated = signature.clone();
        System.arraycopy(littleEndian(s.add(L)), 0, malleated, 32, 32);

        assertThat(Ed25519.isWellFormed(signature)).isTrue();
        assertThat(Ed25519.isWellFormed(malleated)).isFalse();
        assertThat(Ed25519.verify(key(signer), MESSAGE, malleated)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"AAA=, 2, true", "AAA, 2, false", "AAB=, 2, false", "AA-_, 3, false", "AA+/, 3, true"})
    void bytes_have_one_spelling_in_base64(String base64, int length, boolean taken) {
        assertThat(Ed25519.decode(base64, length).isPresent()).isEqualTo(taken);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "AAAA", "AAA=\n", "A AA", "====", "AAAAAA==", "é==="})
    void what_is_not_so_many_bytes_in_base64_is_refused(String text) {
        assertThat(Ed25519.decode(text, 2)).isEmpty();
    }
}
