//! Text in encodings older than UTF-8: whether bytes may be such.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, REPLACEMENT, X_USER_DEFINED};

/// The text that `bytes` are in an encoding; none if they are not plausible in it. Where they are
/// `cut` off, their last character may be too.
pub(super) fn decode(bytes: &[u8], is_cut: bool, encoding: &'static Encoding) -> Option<String> {
    // Neither is an encoding of text: in the one nothing is valid, in the other everything.
    if encoding == REPLACEMENT || encoding == X_USER_DEFINED {
        return None;
    }
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len())?;
    let mut text = String::with_capacity(room);
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, !is_cut);
    // A next line is a control character that texts from mainframes have.
    let binary = |c: char| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\x0c' | '\r' | '\x1b' | '\x7f' | '\u{85}')
    };
    (result == DecoderResult::InputEmpty && !text.contains(binary)).then_some(text)
}

/// The same in the encoding that the bytes look like.
pub(super) fn guess(bytes: &[u8], is_cut: bool) -> Option<String> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, !is_cut);
    decode(bytes, is_cut, detector.guess(None, Utf8Detection::Deny))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::type_of;

    #[test]
    fn plausible_text_keeps_what_was_declared() {
        for (bytes, declared) in [
            (&b"Gr\xf6\xdfe;Wert\n"[..], "text/csv; charset=iso-8859-1"),
            (b"Gr\xf6\xdfe;Wert\n", "text/csv"),
            (b"\x93\xfa\x96\x7b\x8c\xea", "text/plain; charset=Shift_JIS"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2", "text/plain; charset=\"windows-1251\""),
            (b"h\0i\0\xfc\0", "text/plain; charset=utf-16le"),
            (b"1\n00:00:01,000 --> 00:00:02,000\n\xc4h\n", "application/x-subrip"),
        ] {
            assert_eq!(type_of(bytes, declared), declared);
        }
    }

    #[test]
    fn an_encoding_that_the_bytes_refute_is_not_told() {
        assert_eq!(type_of(b"Gr\xf6\xdfe", "text/csv; charset=utf-8"), "text/csv");
        assert_eq!(type_of(b"Gr\xf6\xdfe", "text/csv; charset=nonsense"), "text/csv");
        assert_eq!(type_of(b"caf\xe9", "text/csv; charset=shift_jis"), "text/csv");
        assert_eq!(
            type_of(b"caf\xe9", "text/csv; charset=us-ascii; header=present"),
            "text/csv; header=present"
        );
        for (bytes, declared, told) in [
            ("café".as_bytes(), "text/csv; charset=us-ascii", "text/csv; charset=utf-8"),
            ("café".as_bytes(), "text/csv; charset=\"US-ASCII\"", "text/csv; charset=utf-8"),
            (b"cafe", "text/csv; charset=us-ascii", "text/csv; charset=us-ascii"),
            (
                b"a,b,c",
                "text/csv; charset=utf-16; header=absent",
                "text/csv; charset=utf-8; header=absent",
            ),
            ("日本語です".as_bytes(), "text/plain; charset=shift_jis", "text/plain; charset=utf-8"),
            ("日本語".as_bytes(), "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
            (b"\xff\xfeh\0i\0", "text/plain; charset=utf-8", "text/plain; charset=utf-16"),
            (b"\xfe\xff\0h\0i", "text/plain; charset=utf-16", "text/plain; charset=utf-16"),
            (
                b"a",
                "text/plain; title=\"; charset=utf-16\"",
                "text/plain; title=\"; charset=utf-16\"",
            ),
        ] {
            assert_eq!(type_of(bytes, declared), told, "{declared}");
        }
    }

    #[test]
    fn a_long_text_is_counted_to_its_end() {
        let odd = "ab".repeat(100_000) + "c";
        let told =
            super::super::tests::probe_slice(odd.as_bytes(), Some("text/plain; charset=utf-16"));
        assert_eq!(told.0.content_type, "text/plain; charset=utf-8");
    }

    #[test]
    fn bytes_that_are_no_text_are_none_in_any_encoding() {
        for bytes in [&b"\xff\x01\x02"[..], b"caf\xe9\0"] {
            assert_eq!(type_of(bytes, "text/csv; charset=iso-8859-1"), "application/octet-stream");
        }
        assert_eq!(type_of(b"caf\xe9", None), "application/octet-stream");
        assert_eq!(type_of(b"{\"a\": \"\xe9\"}", "application/json"), "application/octet-stream");
        assert_eq!(type_of(b"<html>\xe9", "text/csv; charset=iso-8859-1"), "text/html");
    }
}
