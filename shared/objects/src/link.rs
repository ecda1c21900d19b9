//! Links to an asset's file, in the version that is asked for.

use std::str::FromStr;

use model::text::Invalid;
use model::{Asset, Error, Record, Result, Store, Timestamp};

use crate::client::Objects;
use crate::disposition::Disposition;
use crate::key::{ObjectKey, UNFETCHABLE};
use crate::signing::Signed;

/// Which of an asset's versions a link is to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The one that the asset shows.
    #[default]
    Current,
    /// The one of this number.
    Number(u32),
    /// The one that was approved.
    Approved,
}

impl Wanted {
    /// The asset with the file of that version; none where it has no such version.
    pub async fn of(self, store: &Store, record: &Record) -> Result<Option<Asset>> {
        let number = match self {
            Self::Current => Some(record.asset.version),
            Self::Number(number) => Some(number),
            Self::Approved => record.asset.approved_version,
        };
        let Some(number) = number else { return Ok(None) };
        let found = store.version(&record.asset.workspace_id, record, number).await?;
        Ok(found.map(|found| found.version.of(&record.asset)))
    }
}

impl FromStr for Wanted {
    type Err = Invalid;

    fn from_str(text: &str) -> std::result::Result<Self, Invalid> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            _ if text == "approved" => Ok(Self::Approved),
            Ok(number) if digits && number > 0 => Ok(Self::Number(number)),
            _ => Err(Invalid::new("a version's number, from 1, or approved")),
        }
    }
}

/// How long a link lives, in seconds: one hour unless asked for otherwise, a week at most, which is the
/// longest that SigV4 has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(u64);

impl Lifetime {
    /// The longest, in seconds.
    pub const MAX: u64 = 604_800;

    /// What this type takes.
    pub const EXPECTED: Invalid = Invalid::new("a whole number of seconds from 1 to 604800");

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self(3600)
    }
}

impl TryFrom<u64> for Lifetime {
    type Error = Invalid;

    fn try_from(seconds: u64) -> std::result::Result<Self, Invalid> {
        (1..=Self::MAX).contains(&seconds).then_some(Self(seconds)).ok_or(Self::EXPECTED)
    }
}

/// A download link.
#[derive(Debug, Clone)]
pub struct Link {
    /// The asset, with the file of the version that the link is to.
    pub asset: Asset,
    /// Where, until when.
    pub signed: Signed,
}

impl Objects {
    /// A link, signed at `now`, to a version of the asset; none where it has no such version, and
    /// [`model::Error::Conflict`] `no_object` where that one's file is not there, `unfetchable_key` where
    /// no client could use it.
    pub async fn link(
        &self,
        store: &Store,
        record: &Record,
        wanted: Wanted,
        disposition: Disposition,
        lifetime: Lifetime,
        now: Timestamp,
    ) -> Result<Option<Link>> {
        let Some(asset) = wanted.of(store, record).await? else { return Ok(None) };
        let key = asset.file_key()?;
        if matches!(ObjectKey::parse(key), Ok(Some(parsed)) if !parsed.is_fetchable()) {
            let detail = format!("{UNFETCHABLE}, or have it exported once it is approved");
            return Err(Error::Conflict { code: "unfetchable_key", detail });
        }
        let seconds = lifetime.seconds();
        let signed = self.sign_download(&asset, key, disposition, seconds, now).await?;
        Ok(Some(Link { asset, signed }))
    }
}
