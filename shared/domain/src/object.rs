//! The object that an asset's bytes are in, as far as it is known.

use serde::{Deserialize, Serialize};

use crate::text::{Checksum, ContentType};

/// A position in S3's order of events about one key.
///
/// S3 says to right-pad the shorter of two with zeros and to compare them as strings
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sequencer(String);

impl Sequencer {
    /// The sequencer `hex` names.
    #[must_use]
    pub fn new(hex: &str) -> Self {
        Self(format!("{:0<40}", hex.to_ascii_uppercase()))
    }

    /// True if an event at `new` tells nothing to who has seen `seen`; what has no place may be news.
    #[must_use]
    pub fn is_old(new: Option<&Self>, seen: Option<&Self>) -> bool {
        new.zip(seen).is_some_and(|(new, seen)| new <= seen)
    }

    /// Padded: compares as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The facts of an object that is in the bucket, as far as they are known.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectFacts {
    /// Its key.
    pub storage_key: String,
    /// Its `ETag`, without quotes.
    pub etag: String,
    /// Bytes.
    pub file_size: u64,
    /// Told from the bytes where they tell it.
    pub content_type: ContentType,
    /// Where S3 knows it.
    pub checksum_sha256: Option<Checksum>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// True if the duration is only about right.
    pub duration_estimated: bool,
    /// Of the event that told of it; none where no event did.
    pub sequencer: Option<Sequencer>,
}

/// True if an object with this `ETag`, or this checksum, has the bytes that are `known`, by either.
pub(crate) fn is_of(
    known: (Option<&str>, Option<&Checksum>),
    (etag, checksum): (&str, Option<&Checksum>),
) -> bool {
    known.0.is_none_or(|known| known == etag) || (checksum.is_some() && known.1 == checksum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_known_by_either_digest() {
        let [one, two] = [Checksum::of(b"one"), Checksum::of(b"two")];
        assert!(is_of((None, None), ("a", None)) && is_of((Some("a"), None), ("a", Some(&one))));
        assert!(is_of((Some("a"), Some(&one)), ("b", Some(&one))));
        for (known, found) in
            [(None, None), (Some(&one), None), (None, Some(&one)), (Some(&one), Some(&two))]
        {
            assert!(!is_of((Some("a"), known), ("b", found)), "{known:?} {found:?}");
        }
    }

    #[test]
    fn sequencers_compare_right_padded() {
        assert!(Sequencer::new("0A") < Sequencer::new("0A01"));
        assert!(Sequencer::new("0a1e4e4e") > Sequencer::new("0A1E4E4D99"));
        assert_eq!(Sequencer::new("0A"), Sequencer::new("0A00"));
    }
}
