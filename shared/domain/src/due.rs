//! The deeds that the schedule owes an asset, and their times. Pure: the decision is here, the deed in
//! `cleanup`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::asset::{Record, UploadStatus};
use crate::status::Status;
use crate::time::{DAY, Timestamp};

/// The time that a registered asset waits for its upload after its last link was signed, in
/// milliseconds.
pub const ABANDON_AFTER: i64 = DAY;

/// The time that something must have been amiss before it is removed, in milliseconds: longer than any
/// upload can live, of which a multipart upload is the longest with seven days.
pub const GRACE: i64 = 8 * DAY;

/// The settings of a workspace's operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Days without a change after which an asset of this status is removed.
    #[serde(default)]
    pub retention_days: BTreeMap<Status, u32>,
}

/// The step that is to be taken about an asset now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing, until then.
    Wait(Option<Timestamp>),
    /// A delete stopped halfway: go on.
    Resume,
    /// Its upload did not come in time: see whether the object is there, and remove it if not.
    Abandon,
    /// Its time is over.
    Expire,
    /// The time of what is newer than its approved version is over: that goes, and the approved version
    /// becomes the current one again.
    Retire,
    /// Its current version's object has been gone for [`GRACE`].
    Forget,
}

/// The time at which `record` must be looked at; none where never. An approved version that is current
/// is not given up because its object is gone: only whoever may delete it decides that.
#[must_use]
pub fn due_at(record: &Record, settings: &Settings) -> Option<Timestamp> {
    let asset = &record.asset;
    if let Some(deletion) = record.deletion {
        return Some(deletion.deleted_at);
    }
    let own = match asset.upload_status {
        UploadStatus::Pending => {
            Some(record.link_at.unwrap_or(asset.created_at).plus(ABANDON_AFTER))
        }
        UploadStatus::Missing if asset.approved_version == Some(asset.version) => None,
        UploadStatus::Missing => Some(asset.updated_at.plus(GRACE)),
        UploadStatus::Complete => settings
            .retention_days
            .get(&asset.status)
            .map(|days| asset.updated_at.plus(i64::from(*days) * DAY)),
    };
    own.into_iter().chain(asset.expires_at).min()
}

/// The step that is to be taken about `record` at `now`.
#[must_use]
pub fn verdict(record: &Record, settings: &Settings, now: Timestamp) -> Verdict {
    let due = due_at(record, settings);
    if due.is_none_or(|due| due > now) {
        return Verdict::Wait(due);
    }
    if record.deletion.is_some() {
        return Verdict::Resume;
    }
    if record.asset.expires_at.is_some_and(|at| at <= now) {
        return Verdict::Expire;
    }
    match record.asset.upload_status {
        UploadStatus::Pending => Verdict::Abandon,
        UploadStatus::Missing => Verdict::Forget,
        UploadStatus::Complete => match record.asset.approved_version {
            Some(approved) if approved != record.asset.version => Verdict::Retire,
            Some(_) | None => Verdict::Expire,
        },
    }
}
