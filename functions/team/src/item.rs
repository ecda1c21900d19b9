//! An asset as team and session apps read it.

use model::{Asset, AssetType, FileName, Metadata, Reference, Timestamp, Title, WorkspaceId};
use serde::Serialize;

/// The most characters that clients expect of a title.
const MAX_TITLE: usize = 100;

/// The greatest number up to which every JSON reader holds whole numbers exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// One asset with its content.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamAsset {
    id: u64,
    team_id: WorkspaceId,
    conversation_id: Option<Reference>,
    run_id: Option<RunId>,
    #[serde(rename = "type")]
    asset_type: AssetType,
    title: String,
    content: String,
    metadata: Metadata,
    created_at: Timestamp,
}

/// A run, by number where its id is one.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum RunId {
    Number(u64),
    Name(Reference),
}

impl TeamAsset {
    /// `asset` with `content`.
    pub(crate) fn new(asset: Asset, content: String) -> Self {
        let title = asset.title.as_ref().map(Title::as_str);
        let title = title.or(asset.file_name.as_ref().map(FileName::as_str)).unwrap_or_default();
        Self {
            id: asset.id.number(),
            title: title.chars().take(MAX_TITLE).collect(),
            team_id: asset.workspace_id,
            conversation_id: asset.conversation_id,
            run_id: asset.run_id.map(RunId::from),
            asset_type: asset.asset_type,
            content,
            metadata: asset.metadata,
            created_at: asset.created_at,
        }
    }
}

impl From<Reference> for RunId {
    /// A number only where the number, written again, is the same id.
    fn from(id: Reference) -> Self {
        let number = id.as_str().parse().ok().filter(|number: &u64| *number <= MAX_EXACT);
        match number {
            Some(number) if number.to_string() == id.as_str() => Self::Number(number),
            _ => Self::Name(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_number_where_that_loses_nothing() {
        let run = |id: &str| RunId::from(id.parse::<Reference>().unwrap());
        for (id, number) in [("0", 0), ("42", 42), ("9007199254740991", MAX_EXACT)] {
            assert_eq!(run(id), RunId::Number(number), "{id}");
        }
        for id in ["00", "042", "-1", "1.0", "1e3", "9007199254740992", "run-7"] {
            assert_eq!(run(id), RunId::Name(id.parse().unwrap()), "{id}");
        }
    }
}
