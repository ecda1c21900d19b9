//! Exports: the approved versions of many assets as one archive, made while nobody waits. Pure: where
//! an export's record is kept is in `store`, the making in `export`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{AssetId, WorkspaceId};
use crate::invalid::Invalid;
use crate::time::{DAY, HOUR, MINUTE, Timestamp};

/// The most files of an export.
pub const MOST_FILES: usize = 10_000;
/// The most bytes of an export's files: 50 GiB.
pub const MOST_BYTES: u64 = 50 << 30;
/// The time that an export is kept once it has ended, in milliseconds.
pub const LIFE: i64 = 7 * DAY;
/// The time for which whoever makes an export is trusted to be at it without a sign of life, in
/// milliseconds.
pub const LEASE: i64 = 30_000;
/// After what time without a sign of life one that was begun is begun anew where somebody asks after it,
/// in milliseconds.
pub const ABANDONED: i64 = MINUTE;
/// After what time without a sign of life it is begun anew though nobody asks, in milliseconds: longer
/// than the queue takes to deliver its event again. As long may one wait in the queue.
pub const FORGOTTEN: i64 = 20 * MINUTE;
/// The time after it was asked for at which an export that has not ended has failed, in milliseconds.
pub const STALLED: i64 = 6 * HOUR;
/// The most times that the making of an export is begun.
pub const MOST_ATTEMPTS: u32 = 10;

/// An export's KSUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExportId(AssetId);

impl ExportId {
    /// A new id made at `at`.
    #[must_use]
    pub fn generate(at: Timestamp) -> Self {
        Self(AssetId::generate(at))
    }

    /// The id's 20 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 20] {
        self.0.bytes()
    }
}

impl FromStr for ExportId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse().map(Self).map_err(|_| Invalid::new("an export id: 27 base62 characters"))
    }
}

impl From<AssetId> for ExportId {
    /// The export that a KSUID is of: both kinds of ids are kept alike.
    fn from(id: AssetId) -> Self {
        Self(id)
    }
}

impl From<ExportId> for AssetId {
    fn from(id: ExportId) -> Self {
        id.0
    }
}

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

crate::words! {
    /// The stage that an export is at.
    ExportStatus {
        /// Nobody has begun.
        Queued = "queued",
        /// It is being made.
        Running = "running",
        /// The archive is there.
        Succeeded = "succeeded",
        /// There will be none.
        Failed = "failed",
    }
}

/// The part that has been written of what is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Files written.
    pub files_done: u64,
    /// Files to write.
    pub files_total: u64,
    /// Bytes written.
    pub bytes_done: u64,
    /// Bytes to write.
    pub bytes_total: u64,
}

/// The reason for which something was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable, for programs.
    pub code: String,
    /// The fault, and what would be right.
    pub message: String,
}

impl Failure {
    /// A failure that programs know by `code`.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

/// The outcome of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// The archive's bytes.
    pub size: u64,
    /// Assets that were asked for and are not in it; its manifest says why.
    pub left_out: u64,
    /// The public key that its manifest's signature is checked with: PEM.
    pub public_key: String,
}

/// One export. Fields without a value are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Sorts by creation time.
    pub id: ExportId,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The stage that it is at.
    pub status: ExportStatus,
    /// Who asked for it.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// Of the last sign of life.
    pub updated_at: Timestamp,
    /// Since it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Where it succeeded.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Archived>,
    /// Where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// When it is removed; only where it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// An export as it is stored: the public record, and what keeps it consistent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRecord {
    /// The public record.
    #[serde(flatten)]
    pub export: Export,
    /// Counts the writes; each write is conditional on the one it has read.
    pub revision: u64,
    /// Until when nobody else may make it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    /// The multipart upload that it is being written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// The number of times that its making was begun.
    #[serde(default)]
    pub attempts: u32,
}

/// The step that is to be taken about an export now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportVerdict {
    /// Nothing.
    Wait,
    /// Nobody is at it: have it begun anew.
    Resume,
    /// It did not come to an end: say so.
    Fail,
    /// Its time is over: remove it.
    Remove,
}

impl ExportRecord {
    /// A new export that `actor` asks for.
    #[must_use]
    pub fn new(workspace: WorkspaceId, actor: Actor, now: Timestamp) -> Self {
        let export = Export {
            id: ExportId::generate(now),
            workspace_id: workspace,
            status: ExportStatus::Queued,
            created_by: actor,
            created_at: now,
            updated_at: now,
            progress: None,
            archived: None,
            error: None,
            expires_at: None,
        };
        Self { export, revision: 1, leased_until: None, upload_id: None, attempts: 0 }
    }

    /// True if nothing more will come of it.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.export.status, ExportStatus::Succeeded | ExportStatus::Failed)
    }

    /// True if somebody is making it.
    #[must_use]
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.leased_until.is_some_and(|until| until > now)
    }

    /// True if nobody seems to be at it, and it is to be begun anew for whoever asks after it.
    #[must_use]
    pub fn is_abandoned(&self, now: Timestamp) -> bool {
        let patience = match self.export.status {
            ExportStatus::Queued => FORGOTTEN,
            ExportStatus::Running => ABANDONED,
            ExportStatus::Succeeded | ExportStatus::Failed => return false,
        };
        self.export.updated_at.plus(patience) <= now && !self.is_leased(now)
    }

    /// The record when somebody has it begun anew: nobody else does for a while.
    #[must_use]
    pub fn resumed(&self, now: Timestamp) -> Self {
        self.changed(now)
    }

    /// The record when somebody begins to make it.
    #[must_use]
    pub fn begun(&self, now: Timestamp) -> Self {
        Self { attempts: self.attempts + 1, ..self.running(self.export.progress, now) }
    }

    /// The record while somebody makes it, as far as `progress`.
    #[must_use]
    pub fn running(&self, progress: Option<Progress>, now: Timestamp) -> Self {
        let mut next = self.changed(now);
        next.export.status = ExportStatus::Running;
        next.export.progress = progress;
        next.leased_until = Some(now.plus(LEASE));
        next
    }

    /// The record when whoever made it gave up, and another may go on at once.
    #[must_use]
    pub fn released(&self, now: Timestamp) -> Self {
        Self { leased_until: None, ..self.changed(now) }
    }

    /// The record once the archive is there.
    #[must_use]
    pub fn succeeded(&self, progress: Progress, archived: Archived, now: Timestamp) -> Self {
        let mut next = self.ended(ExportStatus::Succeeded, now);
        next.export.progress = Some(progress);
        next.export.archived = Some(archived);
        next
    }

    /// The record once there will be no archive.
    #[must_use]
    pub fn failed(&self, why: Failure, now: Timestamp) -> Self {
        let mut next = self.ended(ExportStatus::Failed, now);
        next.export.error = Some(why);
        next
    }

    /// The time at which it must be looked at.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        self.export.expires_at.unwrap_or(self.export.updated_at.plus(FORGOTTEN))
    }

    /// The step that is to be taken about it at `now`.
    #[must_use]
    pub fn verdict(&self, now: Timestamp) -> ExportVerdict {
        if self.due_at() > now {
            ExportVerdict::Wait
        } else if self.has_ended() {
            ExportVerdict::Remove
        } else if self.export.created_at.plus(STALLED) <= now {
            ExportVerdict::Fail
        } else {
            ExportVerdict::Resume
        }
    }

    fn ended(&self, status: ExportStatus, now: Timestamp) -> Self {
        let mut next = self.released(now);
        next.upload_id = None;
        next.export.status = status;
        next.export.expires_at = Some(now.plus(LIFE));
        next
    }

    fn changed(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.export.updated_at = now.max(self.export.updated_at);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::ExportVerdict::{Fail, Remove, Resume, Wait};
    use super::*;

    #[test]
    fn an_export_waits_is_begun_anew_stalls_and_is_removed() {
        let now = Timestamp::from_millis(1_767_225_600_000);
        let actor = Actor { key: "abcdefgh".parse().unwrap(), name: "ci".parse().unwrap() };
        let queued = ExportRecord::new("acme".parse().unwrap(), actor, now);
        let running = queued.running(None, now);
        assert!(running.is_leased(now) && !running.is_leased(now.plus(LEASE)));
        assert!(!running.released(now).is_leased(now));
        let failed = running.failed(Failure::new("stalled", "nobody went on"), now);
        let verdicts = [&queued, &running, &failed]
            .map(|record| [0, FORGOTTEN, STALLED, LIFE].map(|t| record.verdict(now.plus(t))));
        let going = [Wait, Resume, Fail, Fail];
        assert_eq!(verdicts, [going, going, [Wait, Wait, Wait, Remove]]);
        let abandoned = [&queued, &running, &failed]
            .map(|record| [LEASE, ABANDONED, FORGOTTEN].map(|t| record.is_abandoned(now.plus(t))));
        assert_eq!(abandoned, [[false, false, true], [false, true, true], [false; 3]]);
        assert!(!running.resumed(now.plus(ABANDONED)).is_abandoned(now.plus(ABANDONED + LEASE)));
    }
}
