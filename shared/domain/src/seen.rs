//! The state that a caller has seen of an asset that it asks to change: the change is made of that, or
//! refused. Pure.

use crate::asset::Record;
use crate::error::{Error, Result};

/// The state in which an asset must still be for a change of it to be made; anything by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Revisions of which it must have one: with none among them, it is never as it was seen.
    pub revisions: Option<Vec<u64>>,
    /// The version that must be its current one.
    pub version: Option<u32>,
}

impl Seen {
    /// True if any state of the asset will do.
    #[must_use]
    pub fn is_anything(&self) -> bool {
        *self == Self::default()
    }

    /// [`Error::Changed`] where the record is not as it was seen.
    pub fn check(&self, record: &Record) -> Result<()> {
        let (revision, version) = (record.revision, record.asset.version);
        let revision_fits = self.revisions.as_ref().is_none_or(|seen| seen.contains(&revision));
        let version_fits = self.version.is_none_or(|seen| seen == version);
        if revision_fits && version_fits {
            Ok(())
        } else {
            Err(Error::Changed { revision, version })
        }
    }
}
