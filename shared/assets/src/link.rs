//! Links to an asset's file, in the version that is asked for.

use std::str::FromStr;

use model::text::Invalid;
use model::{Asset, Error, Record, Result, Store};
use objects::{Disposition, Lifetime, ObjectKey, Signed, UNFETCHABLE};

use crate::Assets;

/// The version of an asset that a link is to.
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

/// A download link.
#[derive(Debug, Clone)]
pub struct Link {
    /// The asset, with the file of the version that the link is to.
    pub asset: Asset,
    /// Where, until when.
    pub signed: Signed,
}

impl Assets<'_> {
    /// A link, signed now, to a version of the asset; none where it has no such version, and
    /// [`model::Error::Conflict`] `no_object` where that one's file is not there, `unfetchable_key` where
    /// no client could use it.
    pub async fn link(
        &self,
        record: &Record,
        wanted: Wanted,
        disposition: Disposition,
        lifetime: Lifetime,
    ) -> Result<Option<Link>> {
        let Some(asset) = wanted.of(self.store, record).await? else { return Ok(None) };
        let key = asset.file_key()?;
        if matches!(ObjectKey::parse(key), Ok(Some(parsed)) if !parsed.is_fetchable()) {
            let detail = format!("{UNFETCHABLE}, or have it exported once it is approved");
            return Err(Error::Conflict { code: "unfetchable_key", detail });
        }
        let (seconds, now) = (lifetime.seconds(), self.clock.now());
        let objects = self.objects;
        let signed = objects.sign_download(&asset, key, disposition, seconds, now).await?;
        Ok(Some(Link { asset, signed }))
    }
}
