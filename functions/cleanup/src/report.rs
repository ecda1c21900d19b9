//! The report of a run.

use model::Timestamp;
use model::brake::{Confirmation, Stop};
use serde::Serialize;

/// The most keys or ids that a list of the report holds; the counts go on.
const LISTED: usize = 1000;

/// The report of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The time at which it started.
    pub started_at: Timestamp,
    /// Of assets and exports whose time had come.
    pub due: DueReport,
    /// Of the walk over objects.
    pub objects: ObjectsReport,
    /// Of the walk over records.
    pub records: RecordsReport,
    /// The reason for which nothing was changed, where the brake is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brake: Option<Stop>,
    /// The operator's word by which it went on nevertheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmation>,
}

/// The assets and exports whose time had come, by what was done about them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DueReport {
    /// Deletes that had stopped halfway.
    pub resumed: usize,
    /// Uploads that never came.
    pub abandoned: usize,
    /// Uploads whose event was lost.
    pub completed: usize,
    /// Assets whose retention ended.
    pub expired: usize,
    /// Assets that went back to their approved version, since the retention of newer ones ended.
    pub retired: usize,
    /// Assets that went back to a version whose object is there, since their current one's had been gone
    /// for the grace period.
    pub fell_back: usize,
    /// Assets whose object had been gone for the grace period.
    pub forgotten: usize,
    /// Exports that nobody was at, and that were begun anew.
    pub exports_resumed: usize,
    /// Exports that came to no end.
    pub exports_stalled: usize,
    /// Exports whose time was over.
    pub exports_removed: usize,
    /// Those that failed, and are tried again by the next run.
    pub failed: usize,
    /// The keys of what failed, the first 1000.
    pub failed_keys: Vec<String>,
}

/// The walk over objects, and what it found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ObjectsReport {
    /// Objects looked at.
    pub checked: usize,
    /// Objects whose event was lost.
    pub repaired: usize,
    /// Objects of deleted assets.
    pub orphaned: usize,
    /// Their keys, the first 1000.
    pub orphans: Vec<String>,
    /// Of these, removed: what was older than the grace period.
    pub removed: usize,
    /// Objects that no record and no rule explains; left alone.
    pub unexplained: usize,
    /// Their keys, the first 1000.
    pub unexplained_keys: Vec<String>,
    /// Those that could not be looked at, and are by the next walk.
    pub failed: usize,
    /// True if the walk came to its end.
    pub finished: bool,
}

/// The walk over records, and what it found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RecordsReport {
    /// Records looked at.
    pub checked: usize,
    /// Of these, without their object.
    pub lost: usize,
    /// Of these, marked as missing.
    pub missing: usize,
    /// The keys of those objects, the first 1000.
    pub missing_keys: Vec<String>,
    /// Records whose due date had changed with the workspace's settings.
    pub rescheduled: usize,
    /// Records whose producer had changed the headers of their object.
    pub described: usize,
    /// Those that could not be looked at, and are by the next walk.
    pub failed: usize,
    /// Their ids, the first 1000.
    pub failed_ids: Vec<String>,
    /// Records that cannot be read, and were left out.
    pub unreadable: usize,
    /// Their keys, the first 1000.
    pub unreadable_keys: Vec<String>,
    /// True if the walk came to its end.
    pub finished: bool,
}

impl Report {
    pub(crate) fn new(started_at: Timestamp) -> Self {
        Self {
            started_at,
            due: DueReport::default(),
            objects: ObjectsReport::default(),
            records: RecordsReport::default(),
            brake: None,
            confirmed: None,
        }
    }

    /// True if anything was amiss or changed.
    pub(crate) fn tells_something(&self) -> bool {
        let Self { due, objects, records, brake, confirmed, .. } = self;
        let counts = [
            due.resumed,
            due.abandoned,
            due.completed,
            due.expired,
            due.forgotten,
            due.exports_resumed,
            due.retired,
            due.fell_back,
            due.exports_stalled,
            due.exports_removed,
            due.failed,
            objects.repaired,
            objects.orphaned,
            objects.unexplained,
            objects.failed,
            records.missing,
            records.described,
            records.failed,
            records.unreadable,
        ];
        counts.iter().any(|count| *count > 0) || brake.is_some() || confirmed.is_some()
    }
}

/// Adds `name` to a bounded list.
pub(crate) fn note(list: &mut Vec<String>, name: &str) {
    if list.len() < LISTED {
        list.push(name.to_owned());
    }
}
