//! An export's selection: which assets go into its archive.

use std::collections::BTreeMap;

use model::text::Invalid;
use model::{AssetId, Filter};
use serde::Deserialize;

use crate::error::ApiError;
use crate::ids::Ids;
use crate::params::Params;

/// The most assets that can be asked for by their ids.
pub const MOST_IDS: usize = 1000;

/// The body of a request: either of the two.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExportAssets)]
pub struct ExportRequest {
    /// Approved assets that these filters find: the parameters of a list, each with its value or an array
    /// of values. Without any, every approved asset of the workspace.
    #[schema(value_type = Option<Object>, example = json!({ "campaign_id": "spring", "type": ["image", "video"] }))]
    filter: Option<BTreeMap<String, Values>>,
    /// These assets.
    #[schema(value_type = Option<Vec<String>>)]
    ids: Option<Ids<MOST_IDS>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text, or an array of texts")]
enum Values {
    One(String),
    Many(Vec<String>),
}

/// The selection of what is to be exported.
#[derive(Debug)]
pub enum Selection {
    /// The approved assets of those that this finds.
    Filter(Box<Filter>),
    /// These, each once.
    Ids(Vec<AssetId>),
}

impl ExportRequest {
    /// The selection that the request asks for; an error names what is wrong.
    pub fn selection(self) -> Result<Selection, ApiError> {
        match (self.filter, self.ids) {
            (Some(values), None) => {
                let pairs = values.into_iter().flat_map(|(name, values)| {
                    let values = match values {
                        Values::One(value) => vec![value],
                        Values::Many(values) => values,
                    };
                    values.into_iter().map(move |value| (name.clone(), value))
                });
                let mut params = Params::of(pairs.collect());
                let mut filter = params.filter()?;
                params.finish()?;
                filter.approved = true;
                Ok(Selection::Filter(Box::new(filter)))
            }
            (None, Some(ids)) => {
                let mut ids: Vec<_> = ids.into_iter().collect();
                ids.sort_unstable();
                ids.dedup();
                Ok(Selection::Ids(ids))
            }
            (Some(_), Some(_)) | (None, None) => {
                Err(ApiError::invalid_field("body", Invalid::new("either filter or ids")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn selection(body: Value) -> Result<Selection, ApiError> {
        serde_json::from_value::<ExportRequest>(body).unwrap().selection()
    }

    #[test]
    fn a_filter_is_a_lists_and_asks_for_what_is_approved() {
        let body = json!({ "filter": { "type": ["image", "video"], "tag.brand": "acme", "tag": ["channel:web", "brand:bolt"] } });
        let Ok(Selection::Filter(filter)) = selection(body) else { panic!("a filter") };
        assert_eq!(filter.values(model::Facet::Type), ["image", "video"]);
        assert!(filter.approved && filter.tag_names().count() == 2);
    }

    #[test]
    fn what_is_misspelt_never_exports_everything() {
        let id = "37XnnMWMjfmNEiv3gpMlqCGHrXO";
        for body in [
            json!({}),
            json!({ "filter": {}, "ids": [id] }),
            json!({ "filter": { "tpye": "image" } }),
            json!({ "filter": { "limit": "5" } }),
            json!({ "filter": { "status": "done" } }),
        ] {
            assert!(selection(body.clone()).is_err(), "{body}");
        }
        let refused = |body| serde_json::from_value::<ExportRequest>(body).is_err();
        assert!(refused(json!({ "filter": { "type": 5 } })) && refused(json!({ "ids": [] })));
    }
}
