//! The assets of a bulk request.

use model::text::Invalid;
use model::{AssetId, Seen};
use serde::Deserialize;

use crate::error::ApiError;
use crate::ids::{Ids, MOST_TARGETS};
use crate::revision::seen;

/// One asset of a bulk request, and what was seen of it.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeenAsset)]
pub struct Item {
    #[schema(value_type = String)]
    id: AssetId,
    /// Its current version, as you have seen it: if it is another by now, the asset stays as it is, and
    /// its error is `precondition_failed`.
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// Its `ETag`, likewise.
    etag: Option<String>,
}

/// The assets of a bulk request, in the caller's order, and what was seen of each.
#[derive(Debug, Clone)]
pub struct Targets(Vec<(AssetId, Seen)>);

impl Targets {
    /// Reads a body, which has `ids` alone, or `items`.
    pub fn of(ids: Option<Ids>, items: Option<Vec<Item>>) -> Result<Self, ApiError> {
        match (ids, items) {
            (Some(ids), None) => {
                Ok(Self(ids.into_iter().map(|id| (id, Seen::default())).collect()))
            }
            (None, Some(items)) if (1..=MOST_TARGETS).contains(&items.len()) => {
                let items = items.into_iter().enumerate();
                items.map(|(at, item)| item.seen(at)).collect::<Result<_, _>>().map(Self)
            }
            (None, Some(_)) => {
                let expected = format!("expected 1 to {MOST_TARGETS} items");
                Err(ApiError::invalid_field("items", expected))
            }
            (Some(_), Some(_)) | (None, None) => {
                let expected = "send either ids, or items with what you have seen of each";
                Err(ApiError::invalid_field("ids", expected))
            }
        }
    }
}

impl Item {
    fn seen(self, at: usize) -> Result<(AssetId, Seen), ApiError> {
        if self.version == Some(0) {
            let field = format!("items[{at}].version");
            return Err(ApiError::invalid_field(
                &field,
                Invalid::new("a version's number, from 1"),
            ));
        }
        Ok((self.id, seen(self.version, self.etag.as_deref())))
    }
}

impl IntoIterator for Targets {
    type Item = (AssetId, Seen);
    type IntoIter = std::vec::IntoIter<(AssetId, Seen)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
