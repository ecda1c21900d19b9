//! What a run did.

use model::Timestamp;
use serde::Serialize;

/// The most keys or ids that a list of the report holds; the counts go on.
const LISTED: usize = 1000;

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// When it started.
    pub started_at: Timestamp,
    /// Of assets and exports whose time had come.
    pub due: DueReport,
    /// Of the walk over objects.
    pub objects: ObjectsReport,
    /// Of the walk over records.
    pub records: RecordsReport,
}

/// What was done about assets and exports whose time had come.
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
    /// Assets whose object had been gone for the grace period.
    pub forgotten: usize,
    /// Exports that nobody was at, and that were begun anew.
    pub exports_resumed: usize,
    /// Exports that came to no end.
    pub exports_stalled: usize,
    /// Exports whose time was over.
    pub exports_removed: usize,
    /// What failed, and is tried again by the next run.
    pub failed: usize,
}

/// What the walk over objects found.
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
    /// What could not be looked at, and is by the next walk.
    pub failed: usize,
    /// Whether the walk came to its end.
    pub finished: bool,
}

/// What the walk over records found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RecordsReport {
    /// Records looked at.
    pub checked: usize,
    /// Records without their object.
    pub missing: usize,
    /// The keys of those objects, the first 1000.
    pub missing_keys: Vec<String>,
    /// Records whose due date had changed with the workspace's settings.
    pub rescheduled: usize,
    /// What could not be looked at, and is by the next walk.
    pub failed: usize,
    /// Whether the walk came to its end.
    pub finished: bool,
}

impl Report {
    pub(crate) fn new(started_at: Timestamp) -> Self {
        Self {
            started_at,
            due: DueReport::default(),
            objects: ObjectsReport::default(),
            records: RecordsReport::default(),
        }
    }

    /// Whether anything was amiss or changed.
    pub(crate) fn tells_something(&self) -> bool {
        let Self { due, objects, records, .. } = self;
        let counts = [
            due.resumed,
            due.abandoned,
            due.completed,
            due.expired,
            due.forgotten,
            due.exports_resumed,
            due.exports_stalled,
            due.exports_removed,
            due.failed,
            objects.repaired,
            objects.orphaned,
            objects.unexplained,
            objects.failed,
            records.missing,
            records.failed,
        ];
        counts.iter().any(|count| *count > 0)
    }
}

/// Adds `name` to a bounded list.
pub(crate) fn note(list: &mut Vec<String>, name: &str) {
    if list.len() < LISTED {
        list.push(name.to_owned());
    }
}
