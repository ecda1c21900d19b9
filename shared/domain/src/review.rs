//! Review: which states an asset's current version goes through, who moved it, and what remains on
//! record. Pure: the writing is in `store`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api_key::{KeyPrefix, Scope};
use crate::asset::{Asset, Record, Status};
use crate::error::{Error, Result};
use crate::text::{ShortText, text_type};
use crate::time::Timestamp;

text_type!(
    /// What a reviewer has to say.
    Comment,
    "1 to " 2000 " characters; no control characters but tab and line breaks",
    |text| {
        let plain = |c: char| !c.is_control() || ['\t', '\n', '\r'].contains(&c);
        ((1..=Self::MAX).contains(&text.chars().count()) && text.chars().all(plain)).then_some(text)
    }
);

crate::words! {
    /// A step of the review.
    Action {
        /// Asks for a review.
        Submit = "submit",
        /// Lets consumers read the version.
        Approve = "approve",
        /// Sends the version back, and takes an approval of it away. Also as its route is written.
        #[serde(alias = "request-changes")]
        RequestChanges = "request_changes",
        /// Takes the asset out of use: consumers read no version of it.
        Archive = "archive",
        /// Brings an archived asset back, to be reviewed anew.
        Restore = "restore",
    }
}

impl Action {
    /// The state that the action leads to from `from`; none where it is not allowed. The one table of
    /// transitions.
    #[must_use]
    pub const fn from(self, from: Status) -> Option<Status> {
        use Status::{Approved, Archived, Draft, PendingReview};
        match (self, from) {
            (Self::Submit, Draft) => Some(PendingReview),
            (Self::Approve, PendingReview) => Some(Approved),
            (Self::RequestChanges, PendingReview | Approved) | (Self::Restore, Archived) => {
                Some(Draft)
            }
            (Self::Archive, Draft | PendingReview | Approved) => Some(Archived),
            (Self::Submit, PendingReview | Approved | Archived)
            | (Self::Approve, Draft | Approved | Archived)
            | (Self::RequestChanges, Draft | Archived)
            | (Self::Archive, Archived)
            | (Self::Restore, Draft | PendingReview | Approved) => None,
        }
    }

    /// The scope that it takes, wherever it is asked for.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Submit => Scope::Write,
            Self::Approve | Self::RequestChanges | Self::Archive | Self::Restore => Scope::Review,
        }
    }

    /// What is allowed from `from`.
    pub fn allowed(from: Status) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |action| action.from(from).is_some())
    }
}

/// That an action is not allowed in the state that the asset is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAllowed {
    /// The action.
    pub action: Action,
    /// The state.
    pub from: Status,
}

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

/// Who did something: an API key, by its public part and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The key's public part.
    pub key: KeyPrefix,
    /// Its name when it acted.
    pub name: ShortText,
}

/// Who made an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Creator {
    /// An API key, by which it was registered.
    Key(Actor),
    /// Whoever uploaded a producer's file, as S3 names them.
    Producer {
        /// Such as `AWS:AROAEXAMPLE:session`.
        principal: String,
    },
}

impl Creator {
    /// The API key, where it was one.
    #[must_use]
    pub fn key(&self) -> Option<&Actor> {
        match self {
            Self::Key(actor) => Some(actor),
            Self::Producer { .. } => None,
        }
    }

    /// As short as it can be, since a record and each index that holds whole ones repeat it: the key's
    /// public part and its name; after nothing but a blank, a principal.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Key(Actor { key, name }) => format!("{key} {name}"),
            Self::Producer { principal } => format!(" {principal}"),
        }
    }

    /// Reads [`Self::to_text`]; none where it is none.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        match text.split_once(' ')? {
            ("", principal) => Some(Self::Producer { principal: principal.to_owned() }),
            (key, name) => {
                Some(Self::Key(Actor { key: key.parse().ok()?, name: name.parse().ok()? }))
            }
        }
    }
}

impl Actor {
    /// The store itself, which does what nobody asked for just then: what a retention says, and what
    /// follows from files that came or went. Its prefix is no key's.
    #[must_use]
    pub fn store() -> Self {
        Self { key: KeyPrefix::store(), name: ShortText::store() }
    }
}

/// What goes on record with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who.
    pub actor: Actor,
    /// What they said.
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
    /// What they said.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_made_it_reads_back() {
        let (key, name) = ("abcd1234".parse().unwrap(), "Ann of Brand".parse().unwrap());
        let made = Creator::Key(Actor { key, name });
        let principal = "AWS:AROAEXAMPLE:a session".to_owned();
        for creator in [made, Creator::Producer { principal }] {
            assert_eq!(Creator::of_text(&creator.to_text()), Some(creator));
        }
        assert_eq!(Creator::of_text("nobody"), None);
    }

    #[test]
    fn every_state_can_be_left_and_reached() {
        for status in Status::ALL {
            assert!(Action::allowed(status).count() > 0, "{status:?} can be left");
            let reached =
                |action: Action| Status::ALL.iter().any(|s| action.from(*s) == Some(status));
            assert!(Action::ALL.into_iter().any(reached), "{status:?} can be reached");
        }
        let approving = Status::ALL.map(|from| Action::Approve.from(from));
        assert_eq!(approving, [None, Some(Status::Approved), None, None]);
    }
}
