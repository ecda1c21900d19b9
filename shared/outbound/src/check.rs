//! Checksums that come with a file.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc::{CRC_32_ISCSI, Crc, Digest as CrcDigest, Table};
use http::HeaderMap;
use md5::{Digest, Md5};
use sha2::Sha256;

/// What a checksum of Castagnoli is computed by.
static CASTAGNOLI: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The headers that say a checksum, and by which name of an algorithm, the strongest first. An `ETag` is
/// none: what it is depends on how the file came to its host.
const HEADERS: [(&str, &str, Algorithm); 8] = [
    ("repr-digest", "sha-256=", Algorithm::Sha256),
    ("content-digest", "sha-256=", Algorithm::Sha256),
    ("digest", "sha-256=", Algorithm::Sha256),
    ("x-amz-checksum-sha256", "", Algorithm::Sha256),
    ("x-goog-hash", "crc32c=", Algorithm::Crc32c),
    ("x-amz-checksum-crc32c", "", Algorithm::Crc32c),
    ("content-md5", "", Algorithm::Md5),
    ("x-goog-hash", "md5=", Algorithm::Md5),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Crc32c,
    Md5,
}

/// A checksum that was announced, and what the bytes have so far.
pub(crate) struct Check {
    announced: Vec<u8>,
    so_far: State,
}

enum State {
    Sha256(Box<Sha256>),
    Crc32c(CrcDigest<'static, u32, Table<16>>),
    Md5(Box<Md5>),
}

impl Check {
    /// The best of the checksums that the headers say; one that cannot be read, such as one over the
    /// checksums of parts, is none.
    pub(crate) fn announced(headers: &HeaderMap) -> Option<Self> {
        HEADERS.iter().find_map(|(header, prefix, algorithm)| {
            let values = headers.get_all(*header).iter().filter_map(|value| value.to_str().ok());
            let announced = values.flat_map(|value| value.split(',')).find_map(|value| {
                let (name, value) = value.trim().split_at_checked(prefix.len())?;
                let value = name.eq_ignore_ascii_case(prefix).then_some(value)?;
                BASE64_STANDARD.decode(value.trim_matches(':')).ok()
            })?;
            let so_far = match (algorithm, announced.len()) {
                (Algorithm::Sha256, 32) => State::Sha256(Box::default()),
                (Algorithm::Crc32c, 4) => State::Crc32c(CASTAGNOLI.digest()),
                (Algorithm::Md5, 16) => State::Md5(Box::default()),
                _ => return None,
            };
            Some(Self { announced, so_far })
        })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.so_far {
            State::Sha256(digest) => digest.update(bytes),
            State::Crc32c(digest) => digest.update(bytes),
            State::Md5(digest) => digest.update(bytes),
        }
    }

    /// True if the bytes have the checksum that was announced.
    pub(crate) fn holds(self) -> bool {
        match self.so_far {
            State::Sha256(digest) => digest.finalize()[..] == self.announced,
            State::Crc32c(digest) => digest.finalize().to_be_bytes()[..] == self.announced,
            State::Md5(digest) => digest.finalize()[..] == self.announced,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// Whether `123456789` is as the headers say; none where they say nothing that can be checked.
    fn holds(headers: &[(&'static str, &'static str)]) -> Option<bool> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let mut check = Check::announced(&map)?;
        check.update(b"1234");
        check.update(b"56789");
        Some(check.holds())
    }

    #[test]
    fn every_spelling_is_checked() {
        for (name, right, wrong) in [
            (
                "repr-digest",
                "md5=:AA==:, SHA-256=:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=:",
                "sha-256=:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiA=:",
            ),
            (
                "digest",
                "SHA-256=FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
                "sha-256=FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiA=",
            ),
            (
                "x-amz-checksum-sha256",
                "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
                "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiA=",
            ),
            ("x-goog-hash", "crc32c=4waSgw==", "crc32c=4waSgA=="),
            (
                "x-goog-hash",
                "crc32c=4waSgw==,md5=AAAAAAAAAAAAAAAAAAAAAA==",
                "md5=AAAAAAAAAAAAAAAAAAAAAA==",
            ),
            ("x-goog-hash", "md5=JfnnlDI7RTiF9RgfG2JNCw==", "md5=JfnnlDI7RTiF9RgfG2JNCA=="),
            ("x-amz-checksum-crc32c", "4waSgw==", "4waSgA=="),
            ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==", "JfnnlDI7RTiF9RgfG2JNCA=="),
        ] {
            assert_eq!(holds(&[(name, right)]), Some(true), "{name}: {right}");
            assert_eq!(holds(&[(name, wrong)]), Some(false), "{name}: {wrong}");
        }
    }

    #[test]
    fn what_is_no_checksum_of_the_bytes_is_none() {
        for header in [
            ("etag", "\"25f9e794323b453885f5181f1b624d0b\""),
            ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=-3"),
            ("content-md5", "short"),
            ("digest", "unknown=4waSgw=="),
            ("x-goog-hash", ""),
        ] {
            assert_eq!(holds(&[header]), None, "{header:?}");
        }
    }
}
