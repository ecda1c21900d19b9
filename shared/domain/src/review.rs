//! Review: the record after a step, and what remains on record of each change. Pure: the writing is in
//! `store`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::asset::{Asset, Record};
use crate::error::{Error, Result};
use crate::text::text_type;
use crate::time::Timestamp;

pub use crate::actor::{Actor, Creator};
pub use crate::status::{Action, NotAllowed};

text_type!(
    /// The words of a reviewer.
    Comment,
    "1 to " 2000 " characters; no control characters but tab and line breaks",
    |text| {
        let plain = |c: char| !c.is_control() || ['\t', '\n', '\r'].contains(&c);
        ((1..=Self::MAX).contains(&text.chars().count()) && text.chars().all(plain)).then_some(text)
    }
);

impl Record {
    /// The record after `action`. An approval is of the current version, which stays the approved one
    /// while newer versions are drafts; it ends where changes of it are requested, or the asset is
    /// archived. What has no file is neither submitted nor approved ([`Error::Conflict`] `no_object`),
    /// and [`Error::NotAllowed`] is what the table has no transition for.
    pub fn reviewed(&self, action: Action, now: Timestamp) -> Result<Self> {
        if matches!(action, Action::Submit | Action::Approve) {
            self.asset.file_key()?;
        }
        let from = self.asset.status;
        let to = action.from(from).ok_or(Error::NotAllowed(NotAllowed { action, from }))?;
        let mut next = self.changed(now);
        next.asset.status = to;
        match action {
            Action::Approve => next.asset.approved_version = Some(self.asset.version),
            Action::RequestChanges if next.asset.approved_version == Some(self.asset.version) => {
                next.asset.approved_version = None;
            }
            Action::Archive => next.asset.approved_version = None,
            Action::Submit | Action::RequestChanges | Action::Restore => {}
        }
        Ok(next)
    }
}

/// The note that goes on record with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who.
    pub actor: Actor,
    /// Their words.
    pub comment: Option<Comment>,
    /// The request by which they did it.
    pub request_id: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A change on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts the asset's writes, so that events stand in the order of the changes.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
    /// `submit`, `approve`, `request_changes`, `archive`, `restore`, `update`, `version`, `rollback`,
    /// `fall_back`.
    pub action: String,
    /// Who.
    pub actor: Actor,
    /// The fields that changed, as they were.
    pub from: Value,
    /// The fields that changed, as they are since; null where there is no value.
    pub to: Value,
    /// Their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
    /// The request by which they did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Event {
    /// The event of the change from `read` to `next`.
    #[must_use]
    pub fn between(action: &str, read: &Record, next: &Record, note: &Note) -> Self {
        let (from, to) = differences(&read.asset, &next.asset);
        Self {
            revision: read.revision + 1,
            at: note.at,
            action: action.to_owned(),
            actor: note.actor.clone(),
            from,
            to,
            comment: note.comment.clone(),
            request_id: note.request_id.clone(),
        }
    }
}

/// The fields in which two states of an asset differ, as they are in each; `updated_at` says nothing.
fn differences(before: &Asset, after: &Asset) -> (Value, Value) {
    let fields = |asset| match serde_json::to_value(asset) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let changed =
        names.filter(|name| *name != "updated_at" && before.get(*name) != after.get(*name));
    let side = |fields: &serde_json::Map<String, Value>, name: &String| {
        (name.clone(), fields.get(name).cloned().unwrap_or_default())
    };
    let changed: Vec<_> = changed.map(|name| (side(&before, name), side(&after, name))).collect();
    let (from, to): (serde_json::Map<_, _>, serde_json::Map<_, _>) = changed.into_iter().unzip();
    (Value::Object(from), Value::Object(to))
}
