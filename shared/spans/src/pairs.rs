//! Lists such as `key=value,other=%20`, by which OpenTelemetry's variables tell headers and attributes.

use percent_encoding::percent_decode_str;

/// Reads a list, in which a value may be percent-encoded (as of W3C Baggage), and says what is wrong
/// without quoting any of it, since values are secrets.
pub(crate) fn read(list: &str) -> Result<Vec<(String, String)>, &'static str> {
    let members = list.split(',').map(|member| member.trim_matches([' ', '\t']));
    members.filter(|member| !member.is_empty()).map(pair).collect()
}

fn pair(member: &str) -> Result<(String, String), &'static str> {
    const EXPECTED: &str =
        "expected a list such as key=value,other=value; a comma in a value is written %2C";
    const BYTES: &str = "expected values that are UTF-8 when they are percent-decoded";
    let (key, value) = member.split_once('=').ok_or(EXPECTED)?;
    let decoded = |text: &str| {
        percent_decode_str(text.trim_matches([' ', '\t'])).decode_utf8().map(String::from)
    };
    let (key, value) = (decoded(key).map_err(|_| BYTES)?, decoded(value).map_err(|_| BYTES)?);
    if key.is_empty() { Err(EXPECTED) } else { Ok((key, value)) }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_list_is_read_as_baggage() {
        for (list, expected) in [
            ("", owned(&[])),
            ("a=b", owned(&[("a", "b")])),
            (" a = b\t,, c=d ,", owned(&[("a", "b"), ("c", "d")])),
            ("authorization=Basic%20cGs6c2s=", owned(&[("authorization", "Basic cGs6c2s=")])),
            ("authorization=Bearer a+b;c", owned(&[("authorization", "Bearer a+b;c")])),
            ("x=a%2Cb%3D%C3%A9,y=", owned(&[("x", "a,b=é"), ("y", "")])),
            ("x=100%,y=%zz", owned(&[("x", "100%"), ("y", "%zz")])),
        ] {
            assert_eq!(read(list), Ok(expected), "{list}");
        }
    }

    #[test]
    fn what_is_no_list_is_not_quoted() {
        for bad in ["secret", "a=b,secret", "=secret", "secret=%ff"] {
            assert!(!read(bad).unwrap_err().contains("secret"), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pairs in prop::collection::vec((".{1,8}", ".{0,12}"), 0..6)) {
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let list: Vec<_> =
                pairs.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
            prop_assert_eq!(read(&list.join(" , ")), Ok(pairs));
        }

        #[test]
        fn any_text_is_read_or_not(text in "\\PC{0,60}|[a-c=,%0-9 ;]{0,40}") {
            let _ = read(&text);
        }
    }
}
