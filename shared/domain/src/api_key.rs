//! API keys: `tnx_<8 base62 prefix>_<32 base62 secret><6 base62 checksum>`.
//!
//! The checksum is the CRC-32 of what precedes it, so that garbage is refused without any I/O.
//! Only the SHA-256 of a key is stored, under its prefix.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::id::WorkspaceId;
use crate::invalid::Invalid;
use crate::rate::Rate;
use crate::text::{Checksum, ShortText, text_type};
use crate::time::Timestamp;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY: usize = "tnx_".len() + 8 + "_".len() + 32;
const CHECKSUM: usize = 6;

text_type!(
    /// The public part of a key, by which it is found.
    KeyPrefix,
    "the 8 base62 characters after tnx_",
    |text| (text.len() == 8 && text.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(text)
);

impl KeyPrefix {
    /// That of the store itself, which has no key.
    pub(crate) fn store() -> Self {
        Self("00000000".to_owned())
    }
}

/// A key as its holder sends it. Never logged: it prints as its prefix.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// A new key.
    #[must_use]
    pub fn random() -> Self {
        let mut random = [0; 40];
        rand::fill(&mut random);
        Self::generate(random)
    }

    /// The key that 40 random bytes give.
    #[must_use]
    pub fn generate(random: [u8; 40]) -> Self {
        // 256 is no multiple of 62; the bias of a byte's remainder costs 40 characters less than
        // two bits in all.
        let mut letters = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        let prefix: String = letters.by_ref().take(8).collect();
        let secret: String = letters.collect();
        let body = format!("tnx_{prefix}_{secret}");
        let checksum = checksum(&body);
        Self(body + &checksum)
    }

    /// The key itself, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The part by which it is found.
    #[must_use]
    pub fn prefix(&self) -> KeyPrefix {
        KeyPrefix::try_from(self.0[4..12].to_owned())
            .unwrap_or_else(|_| unreachable!("checked on parse"))
    }

    /// The digest that is stored of it.
    #[must_use]
    pub fn digest(&self) -> Checksum {
        Checksum::of(self.0.as_bytes())
    }
}

impl FromStr for ApiKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const EXPECTED: Invalid = Invalid::new("an API key: tnx_, 8 characters, _, 38 characters");
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if text.len() != BODY + CHECKSUM || !text.bytes().all(plain) {
            return Err(EXPECTED);
        }
        let (body, sum) = text.split_at(BODY);
        let mut parts = body.split('_');
        let shaped = parts.next() == Some("tnx")
            && parts.next().is_some_and(|prefix| prefix.len() == 8)
            && parts.next().is_some_and(|secret| secret.len() == 32);
        if shaped && sum == checksum(body) { Ok(Self(text.to_owned())) } else { Err(EXPECTED) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey(tnx_{}_…)", self.prefix())
    }
}

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// A thing that a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Listing, reading, signing.
    #[serde(rename = "assets:read")]
    Read,
    /// Creating and changing.
    #[serde(rename = "assets:write")]
    Write,
    /// Approving.
    #[serde(rename = "assets:review")]
    Review,
    /// Deleting.
    #[serde(rename = "assets:delete")]
    Delete,
    /// Having media made, which costs money.
    #[serde(rename = "media:generate")]
    Generate,
    /// Everything.
    #[serde(rename = "*")]
    All,
}

impl Scope {
    const ALL: [Self; 6] =
        [Self::Read, Self::Write, Self::Review, Self::Delete, Self::Generate, Self::All];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "assets:read",
            Self::Write => "assets:write",
            Self::Review => "assets:review",
            Self::Delete => "assets:delete",
            Self::Generate => "media:generate",
            Self::All => "*",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(Invalid::new(
            "scopes of assets:read, assets:write, assets:review, assets:delete, media:generate or *, comma-separated",
        ))
    }
}

/// All that a key may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeSet(BTreeSet<Scope>);

impl ScopeSet {
    /// True if `scope` is among them.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || self.0.contains(&Scope::All)
    }
}

impl FromStr for ScopeSet {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.split(',').map(|scope| scope.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

/// The record that is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// By which it is found.
    pub prefix: KeyPrefix,
    /// SHA-256 of the whole key.
    pub digest: Checksum,
    /// The workspace whose key it is.
    pub workspace_id: WorkspaceId,
    /// For people.
    pub name: ShortText,
    /// The scopes that it has.
    pub scopes: ScopeSet,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Its own rate, where it may ask more or less often than others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

impl KeyRecord {
    /// The record of a new key, which never expires.
    #[must_use]
    pub fn new(
        key: &ApiKey,
        workspace_id: WorkspaceId,
        name: ShortText,
        scopes: ScopeSet,
        created_at: Timestamp,
    ) -> Self {
        let (prefix, digest) = (key.prefix(), key.digest());
        Self {
            prefix,
            digest,
            workspace_id,
            name,
            scopes,
            created_at,
            expires_at: None,
            revoked_at: None,
            rate: None,
        }
    }

    /// True if `key` is this key and works at `now`. The digests are compared in constant time.
    #[must_use]
    pub fn admits(&self, key: &ApiKey, now: Timestamp) -> bool {
        let same: bool = self.digest.bytes().ct_eq(&key.digest().bytes()).into();
        same && self.is_active(now)
    }

    /// True if it is neither revoked nor expired at `now`.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_parses_and_a_changed_one_does_not(random: [u8; 20], more: [u8; 20], at in 0usize..51) {
            let mut bytes = [0; 40];
            bytes[..20].copy_from_slice(&random);
            bytes[20..].copy_from_slice(&more);
            let key = ApiKey::generate(bytes);
            prop_assert_eq!(key.reveal().parse::<ApiKey>().unwrap(), key.clone());
            let mut changed = key.reveal().to_owned().into_bytes();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            prop_assert!(String::from_utf8(changed).unwrap().parse::<ApiKey>().is_err());
        }

        #[test]
        fn any_text_is_a_key_or_an_error(text in ".{0,60}") {
            let _ = text.parse::<ApiKey>();
        }
    }

    #[test]
    fn keys_print_without_their_secret() {
        let key = ApiKey::generate([9; 40]);
        assert_eq!(format!("{key:?}"), "ApiKey(tnx_99999999_…)");
    }
}
