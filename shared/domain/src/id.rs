//! Identifiers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use svix_ksuid::{Ksuid, KsuidLike};

use crate::invalid::Invalid;
use crate::text::text_type;
use crate::time::Timestamp;

/// Seconds between the Unix epoch and the epoch of KSUIDs.
const KSUID_EPOCH: i64 = 1_400_000_000;

/// An asset's KSUID: 27 base62 characters that sort by creation time, to the millisecond.
///
/// A KSUID is a 32-bit count of seconds and a 128-bit payload
/// (<https://github.com/segmentio/ksuid>). The payload's first two bytes hold the millisecond of
/// that second, the rest is random, so that ids keep order within a second and any KSUID library
/// still reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AssetId(Ksuid);

impl AssetId {
    /// The id of something made at `at`, told apart from others of that millisecond by `random`.
    #[must_use]
    pub fn new(at: Timestamp, random: [u8; 14]) -> Self {
        let seconds = (at.seconds() - KSUID_EPOCH).clamp(0, i64::from(u32::MAX));
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        let [high, low] = u16::try_from(at.millis() % 1000).unwrap_or_default().to_be_bytes();
        let mut payload = [0; 16];
        payload[..2].copy_from_slice(&[high, low]);
        payload[2..].copy_from_slice(&random);
        Self(Ksuid::new_raw(seconds, Some(&payload)))
    }

    /// A new id made at `at`.
    #[must_use]
    pub fn generate(at: Timestamp) -> Self {
        Self::new(at, rand::random())
    }

    /// The id that `seed` always gives at `at`, for what must get the same id however often it is
    /// seen.
    #[must_use]
    pub fn derived(at: Timestamp, seed: &[u8]) -> Self {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(seed);
        let mut random = [0; 14];
        random.copy_from_slice(&digest[..14]);
        Self::new(at, random)
    }

    /// The least id that something made at `at` can have.
    #[must_use]
    pub fn first_at(at: Timestamp) -> Self {
        Self::new(at, [0; 14])
    }

    /// The time at which it was made.
    #[must_use]
    pub fn created_at(self) -> Timestamp {
        let payload = self.0.payload();
        let millisecond = i64::from(u16::from_be_bytes([payload[0], payload[1]])).min(999);
        let seconds = i64::from(self.0.timestamp_raw()) + KSUID_EPOCH;
        Timestamp::from_millis(seconds * 1000 + millisecond)
    }

    /// A number for clients that know assets by number: the low 53 bits, which are random (or a
    /// hash's) and which every JSON reader holds exactly. Stable, and as good as unique in a
    /// workspace: of a million assets, two share one with a chance of one in 18,000.
    #[must_use]
    pub fn number(self) -> u64 {
        let low = self.bytes().iter().fold(0_u64, |low, byte| low << 8 | u64::from(*byte));
        low & ((1 << 53) - 1)
    }

    /// The next greater id; none after the greatest.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let mut bytes = *self.bytes();
        let carried = bytes.iter_mut().rev().all(|byte| {
            *byte = byte.wrapping_add(1);
            *byte == 0
        });
        (!carried).then(|| Self::from_bytes(bytes))
    }

    /// The next lesser id; none before the least.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        let mut bytes = *self.bytes();
        let borrowed = bytes.iter_mut().rev().all(|byte| {
            *byte = byte.wrapping_sub(1);
            *byte == u8::MAX
        });
        (!borrowed).then(|| Self::from_bytes(bytes))
    }

    /// The id's 20 bytes, which sort as the id does.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 20] {
        self.0.bytes()
    }

    /// The id of these 20 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(Ksuid::from_bytes(bytes))
    }
}

impl FromStr for AssetId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const EXPECTED: Invalid = Invalid::new("an asset id: 27 base62 characters");
        let base62 = text.len() == 27 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        let id = base62.then(|| Ksuid::from_base62(text).ok()).flatten().map(Self);
        // 27 base62 digits hold a little more than 160 bits: what does not print the same overflowed.
        id.filter(|id| id.to_string() == text).ok_or(EXPECTED)
    }
}

impl TryFrom<String> for AssetId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<AssetId> for String {
    fn from(id: AssetId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A generation's KSUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GenerationId(AssetId);

impl GenerationId {
    /// A new id made at `at`.
    #[must_use]
    pub fn generate(at: Timestamp) -> Self {
        Self(AssetId::generate(at))
    }

    /// The id's 20 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 20] {
        self.0.bytes()
    }

    /// The time at which it was asked for.
    #[must_use]
    pub fn created_at(self) -> Timestamp {
        self.0.created_at()
    }

    /// The asset that its output of this index is, always the same: however often an output is stored, it
    /// is one asset.
    #[must_use]
    pub fn output(self, index: usize) -> AssetId {
        AssetId::derived(self.created_at(), format!("{self} {index}").as_bytes())
    }
}

impl FromStr for GenerationId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse().map(Self).map_err(|_| Invalid::new("a generation id: 27 base62 characters"))
    }
}

impl From<AssetId> for GenerationId {
    /// The generation that a KSUID is of: both kinds of ids are kept alike.
    fn from(id: AssetId) -> Self {
        Self(id)
    }
}

impl From<GenerationId> for AssetId {
    fn from(id: GenerationId) -> Self {
        id.0
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_type!(
    /// A workspace: the tenant that every record, object and key belongs to.
    WorkspaceId,
    "1 to " 128 " characters of A-Z a-z 0-9 . _ : -, the first a letter or digit",
    |text| reference(text).filter(|text| text.starts_with(|c: char| c.is_ascii_alphanumeric()))
);

text_type!(
    /// A caller's identifier of an execution, agent, conversation, run or campaign.
    Reference,
    "1 to " 128 " characters of A-Z a-z 0-9 . _ : -",
    reference
);

fn reference(text: String) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
    ((1..=Reference::MAX).contains(&text.len()) && text.bytes().all(allowed)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_millisecond_and_sort_by_it() {
        let at = |ms: i64| Timestamp::from_millis(1_767_225_600_000 + ms);
        let ids: Vec<_> = (0..2000).map(|ms| AssetId::generate(at(ms))).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().map(ToString::to_string).is_sorted());
        assert_eq!(ids[1234].created_at(), at(1234));
        assert!(AssetId::first_at(at(7)) <= ids[7] && ids[6] < AssetId::first_at(at(7)));
    }

    #[test]
    fn ids_have_neighbours() {
        let id = AssetId::from_bytes([[0; 19].as_slice(), &[255]].concat().try_into().unwrap());
        assert_eq!(id.next().unwrap().previous(), Some(id));
        assert!(id.next().unwrap() > id && id.next().unwrap().to_string() > id.to_string());
        assert_eq!(AssetId::from_bytes([255; 20]).next(), None);
        assert_eq!(AssetId::from_bytes([0; 20]).previous(), None);
    }

    #[test]
    fn a_number_is_the_low_53_bits() {
        assert_eq!(AssetId::from_bytes([255; 20]).number(), (1 << 53) - 1);
        let id = [[255; 12].as_slice(), &[0xff, 0xe1, 2, 3, 4, 5, 6, 7]].concat();
        let id = AssetId::from_bytes(id.try_into().unwrap());
        assert_eq!(id.number(), 0x01_0203_0405_0607);
    }

    #[test]
    fn only_ids_parse() {
        let id = AssetId::generate(Timestamp::from_millis(1_767_225_600_000));
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            "",
            "abc",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "0000000000000000000000000\0a",
            "0ujtsYcgvSTl8PAuAdqWYSMnLO-",
        ] {
            assert!(bad.parse::<AssetId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn workspaces_start_with_a_letter_or_digit() {
        assert!("acme".parse::<WorkspaceId>().is_ok());
        assert!("..".parse::<WorkspaceId>().is_err());
        assert!("..".parse::<Reference>().is_ok());
        assert!("a/b".parse::<Reference>().is_err());
    }
}
