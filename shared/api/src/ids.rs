//! The ids of a bulk request.

use model::AssetId;
use serde::Deserialize;

/// The most assets of a bulk request.
pub const MOST_TARGETS: usize = 100;

/// Between 1 and `MOST` ids, in the caller's order.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<AssetId>")]
pub struct Ids<const MOST: usize = MOST_TARGETS>(Vec<AssetId>);

impl<const MOST: usize> Ids<MOST> {
    /// The ids.
    #[must_use]
    pub fn as_slice(&self) -> &[AssetId] {
        &self.0
    }
}

impl<const MOST: usize> TryFrom<Vec<AssetId>> for Ids<MOST> {
    type Error = String;

    fn try_from(ids: Vec<AssetId>) -> Result<Self, String> {
        if (1..=MOST).contains(&ids.len()) {
            Ok(Self(ids))
        } else {
            Err(format!("expected 1 to {MOST} ids"))
        }
    }
}

impl<const MOST: usize> IntoIterator for Ids<MOST> {
    type Item = AssetId;
    type IntoIter = std::vec::IntoIter<AssetId>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
