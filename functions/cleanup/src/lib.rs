//! The schedule's work: finish deletes, end what is over, and reconcile records with objects.
//!
//! Bounded by the time left, and resumable: what is due stays in the index until it is done, and
//! the walks note how far they came. Doing any of it twice, or beside a second run, changes
//! nothing, since every write is conditional on the record that led to it.

mod due;
mod reconcile;
mod report;

use std::time::Instant;

use model::aws::Needs;
use model::store::keys;
use model::{Clock, Deletion, DeletionReason, Record, Result, Store};
use objects::{Objects, report_key};

pub use report::{DueReport, ObjectsReport, RecordsReport, Report};

/// What the function needs of its deployment.
pub const NEEDS: Needs = Needs {
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    actions: &[
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutObject",
    ],
    reads: &[keys::WORKSPACES, keys::CHECKPOINTS],
    writes: &[keys::WORKSPACES, keys::CHECKPOINTS],
};

/// What the function works with.
#[derive(Debug, Clone)]
pub struct Deps {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) clock: Clock,
    /// The one way by which an object becomes an asset's.
    pub(crate) ingest: ingest::Deps,
}

impl Deps {
    /// Over this store and bucket.
    #[must_use]
    pub fn new(store: Store, objects: Objects, clock: Clock) -> Self {
        let ingest = ingest::Deps::new(store.clone(), objects.clone(), clock.clone());
        Self { store, objects, clock, ingest }
    }
}

/// Does what can be done before `deadline`, and says what was done. The report is also kept as an
/// object and logged where there is something to tell.
pub async fn run(deps: &Deps, deadline: Instant) -> Result<Report> {
    let mut report = Report::new(deps.clock.now());
    due::run(deps, deadline, &mut report.due).await?;
    // So that one walk, which begins anew as soon as it ends, leaves time for the other.
    let half = Instant::now() + deadline.saturating_duration_since(Instant::now()) / 2;
    reconcile::objects(deps, half, &mut report).await?;
    reconcile::records(deps, deadline, &mut report).await?;
    keep(deps, &report).await?;
    Ok(report)
}

/// Writes the report down, before anything that it announces is removed and again at the end.
async fn keep(deps: &Deps, report: &Report) -> Result<()> {
    let json = serde_json::to_string(report).map_err(model::Error::internal)?;
    tracing::info!(report = json, "cleanup");
    if report.tells_something() {
        let key = report_key(report.started_at);
        deps.objects.put(&key, json.into_bytes(), "application/json").await?;
    }
    Ok(())
}

/// Removes an asset that is as it was read; false where it has changed since.
async fn remove(deps: &Deps, read: &Record, reason: DeletionReason) -> Result<bool> {
    let workspace = &read.asset.workspace_id;
    let deletion = Deletion { deleted_at: deps.clock.now(), deleted_because: reason };
    let Some(tombstone) = deps.store.tombstone_unchanged(workspace, read, deletion).await? else {
        return Ok(false);
    };
    finish(deps, &tombstone).await?;
    Ok(true)
}

/// Removes what is left of a tombstoned asset.
async fn finish(deps: &Deps, tombstone: &Record) -> Result<()> {
    deps.objects.finish_delete(&deps.store, &tombstone.asset.workspace_id, tombstone).await
}
