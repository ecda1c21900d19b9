//! The ids of a bulk request.

use model::AssetId;
use model::text::Invalid;
use serde::Deserialize;

/// Between 1 and 100 ids, in the caller's order.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<AssetId>")]
pub struct Ids(Vec<AssetId>);

impl Ids {
    /// The ids.
    #[must_use]
    pub fn as_slice(&self) -> &[AssetId] {
        &self.0
    }
}

impl TryFrom<Vec<AssetId>> for Ids {
    type Error = Invalid;

    fn try_from(ids: Vec<AssetId>) -> Result<Self, Invalid> {
        if (1..=100).contains(&ids.len()) {
            Ok(Self(ids))
        } else {
            Err(Invalid::new("1 to 100 ids"))
        }
    }
}

impl IntoIterator for Ids {
    type Item = AssetId;
    type IntoIter = std::vec::IntoIter<AssetId>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
