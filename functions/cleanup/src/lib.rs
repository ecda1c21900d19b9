//! The schedule's work: finish deletes, end what is over, and reconcile records with objects.
//!
//! Bounded by the time left, and resumable: what is due stays in the index until it is done, and
//! the walks note how far they came. Doing any of it twice, or beside a second run, changes
//! nothing, since every write is conditional on the record that led to it.
//!
//! Before it changes anything, a run looks whether the bucket is the one that the records are of; where
//! too much is missing, the brake is on (see [`model::brake`]), and it only looks and counts.

mod due;
mod reconcile;
mod report;

use std::time::{Duration, Instant};

use assets::Assets;
use model::brake::{self, Brake, Limits};
use model::store::keys;
use model::{Clock, Deletion, DeletionReason, Error, Record, Result, Store};
use objects::{Objects, report_key};
use platform::{Declaration, Environment, Function, Grant, Invocation, Resource, Trigger};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use report::{DueReport, ObjectsReport, RecordsReport, Report};

/// The variable that says how many assets may lose their objects within eight days before the brake is on.
const MOST_LOST: &str = "CLEANUP_MOST_LOST";
/// The same, of a hundred assets: whichever is more counts.
const MOST_LOST_PERCENT: &str = "CLEANUP_MOST_LOST_PERCENT";

/// The part of an invocation's time that is left for ending it in order.
const RESERVE: Duration = Duration::from_secs(10);

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "cleanup",
    triggers: &[Trigger::Schedule(Duration::from_hours(1))],
    timeout: Duration::from_mins(15),
    memory: 512,
    variables: &[MOST_LOST, MOST_LOST_PERCENT, "STORAGE_BUCKET", "TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES, keys::CHECKPOINTS]),
        },
        Grant {
            actions: &[
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
            ],
            on: Resource::Table(&[keys::WORKSPACES, keys::CHECKPOINTS]),
        },
        Grant { actions: &["dynamodb:Query"], on: Resource::Index("by_due") },
        Grant { actions: &["dynamodb:Scan"], on: Resource::Index("by_workspace") },
        Grant {
            actions: &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject"],
            on: Resource::Objects(&[objects::ASSETS, objects::EXPORTS]),
        },
        Grant { actions: &["s3:AbortMultipartUpload"], on: Resource::Objects(&[objects::EXPORTS]) },
        Grant {
            actions: &["s3:PutObject"],
            on: Resource::Objects(&[objects::EXPORTS, objects::REPORTS]),
        },
        Grant { actions: &["s3:ListBucket", "s3:ListBucketVersions"], on: Resource::Bucket },
    ],
    start: |environment| Ok(Box::new(Deps::new(environment)?)),
};

/// The function's dependencies.
#[derive(Debug, Clone)]
pub struct Deps {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) clock: Clock,
    limits: Limits,
}

impl Deps {
    /// The dependencies that the environment names, with the limits that it has, where it has any.
    pub fn new(environment: &Environment) -> Result<Self> {
        let (store, objects) = (Store::of(environment)?, Objects::of(environment)?);
        let [count, percent] =
            [MOST_LOST, MOST_LOST_PERCENT].map(|name| environment.optional(name));
        let limits = Limits::parse(count.as_deref(), percent.as_deref());
        let limits = limits
            .map_err(|why| Error::internal(format!("{MOST_LOST} or {MOST_LOST_PERCENT}: {why}")))?;
        Ok(Self { store, objects, clock: environment.clock(), limits })
    }

    pub(crate) fn assets(&self) -> Assets<'_> {
        Assets { store: &self.store, objects: &self.objects, clock: &self.clock }
    }
}

impl Function for Deps {
    fn invoke(&self, _: Value, deadline: Instant) -> Invocation<'_> {
        Box::pin(async move {
            let report = run(self, deadline.checked_sub(RESERVE).unwrap_or(deadline)).await?;
            Ok(serde_json::to_value(report)?)
        })
    }
}

/// Does what can be done before `deadline`, and says what was done. The report is also kept as an
/// object and logged where there is something to tell.
pub async fn run(deps: &Deps, deadline: Instant) -> Result<Report> {
    let now = deps.clock.now();
    let mut report = Report::new(now);
    let watch = checkpoint(deps, brake::JOB).await?.unwrap_or_default();
    let confirmation = deps.store.confirmations(1).await?.pop();
    let mut brake = Brake::new(watch, deps.limits, confirmation, deps.objects.bucket(), now);
    if Instant::now() < deadline && reconcile::probe(deps, &mut brake).await? {
        due::run(deps, deadline, &mut brake, &mut report.due).await?;
        if brake.is_on().is_none() {
            // So that one walk, which begins anew as soon as it ends, leaves time for the other.
            let half = Instant::now() + deadline.saturating_duration_since(Instant::now()) / 2;
            reconcile::objects(deps, half, &mut report).await?;
        }
    }
    reconcile::records(deps, deadline, &mut brake, &mut report).await?;
    save(deps, &brake).await?;
    report.confirmed = brake.confirmed_by().cloned();
    report.brake = brake.watch.stop;
    keep(deps, &report).await?;
    Ok(report)
}

/// The point at which a job stopped. What cannot be read is as if there were nothing: the job begins anew.
async fn checkpoint<T: DeserializeOwned>(deps: &Deps, job: &str) -> Result<Option<T>> {
    match deps.store.checkpoint(job).await {
        Err(error @ Error::Internal(_)) => {
            let error = model::error::loggable(&error);
            tracing::error!(job, error, "a checkpoint cannot be read");
            Ok(None)
        }
        read => read,
    }
}

/// Keeps what the brake goes by.
async fn save(deps: &Deps, brake: &Brake) -> Result<()> {
    deps.store.set_checkpoint(brake::JOB, &brake.watch).await
}

/// Writes the report down, before anything that it announces is removed and again at the end.
async fn keep(deps: &Deps, report: &Report) -> Result<()> {
    if let Some(stop) = &report.brake {
        let (why, lost, of) = (stop.why.as_str(), stop.lost, stop.of);
        // A metric counts the line.
        tracing::error!(
            brake = 1,
            why,
            lost,
            of,
            "the brake is on: `admin cleanup status` tells more"
        );
    }
    let json = serde_json::to_string(report).map_err(Error::internal)?;
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
    deps.assets().finish_delete(&tombstone.asset.workspace_id, tombstone).await
}
