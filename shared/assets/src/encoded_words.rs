//! Encoded words (RFC 2047), as which S3 gives back what headers may not hold as it is.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>

use model::text::Invalid;

const EXPECTED: Invalid =
    Invalid::new("percent-encoded UTF-8, or the well-formed encoded words of RFC 2047");

/// A header's text, with its encoded words decoded; as it is where it has none.
pub(crate) fn decode(raw: &str) -> Result<String, Invalid> {
    if !has_words(raw) {
        return Ok(raw.to_owned());
    }
    let line = format!("x: {raw}");
    let (header, _) = mailparse::parse_header(line.as_bytes()).map_err(|_| EXPECTED)?;
    let text = header.get_value();
    // What cannot be decoded is left as it was, or replaced.
    let is_whole = !has_words(&text) && !text.contains(char::REPLACEMENT_CHARACTER);
    if is_whole { Ok(text) } else { Err(EXPECTED) }
}

/// True if something has the beginning of an encoded word, `=?charset?B?`.
fn has_words(text: &str) -> bool {
    text.split("=?").skip(1).any(|rest| {
        let mut parts = rest.split('?');
        let charset = parts.next().is_some_and(|part| !part.is_empty() && !part.contains(' '));
        charset && parts.next().is_some_and(|part| part.len() == 1) && parts.next().is_some()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(raw: &str) -> Option<String> {
        decode(raw).ok()
    }

    #[test]
    fn both_encodings_and_adjacent_words_are_decoded() {
        for (raw, text) in [
            ("=?UTF-8?B?w5xiZXJzY2hyaWZ0IOKcqA==?=", "Überschrift ✨"),
            ("=?utf-8?b?w5xiZXJzY2hyaWZ0IOKcqA==?=", "Überschrift ✨"),
            ("=?UTF-8?Q?=C3=9Cberschrift_=E2=9C=A8?=", "Überschrift ✨"),
            ("=?UTF-8?Q?Gr=C3=BC?= =?UTF-8?B?w59l?=", "Grüße"),
            ("a =?UTF-8?Q?=C3=BC?= b", "a ü b"),
            ("=?ISO-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
            ("plain, =? and ?= too", "plain, =? and ?= too"),
            ("", ""),
        ] {
            assert_eq!(decoded(raw).as_deref(), Some(text), "{raw}");
        }
    }

    #[test]
    fn malformed_words_are_invalid() {
        for raw in [
            "=?UTF-8?B?w5x",
            "=?UTF-8?B?w5x*?=",
            "=?UTF-8?X?abc?=",
            "=?no-such-charset?Q?abc?=",
            "=?UTF-8?B?/w==?=",
            "=?UTF-8?Q?=FF?=",
        ] {
            assert_eq!(decoded(raw), None, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_decoded_or_invalid(raw in "(=\\?UTF-8\\?[BQ]\\?)?[ -~]{0,40}(\\?=)?") {
            let _ = decode(&raw);
        }

        #[test]
        fn what_is_encoded_comes_back(text in "[ -~äß✨🎨]{0,60}") {
            use base64::Engine;
            let word = base64::engine::general_purpose::STANDARD.encode(&text);
            prop_assert_eq!(decoded(&format!("=?UTF-8?B?{word}?=")), Some(text));
        }
    }
}
