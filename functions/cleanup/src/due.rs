//! Assets and exports whose time has come.

use std::time::Instant;

use futures::stream::{self, StreamExt};
use ingest::Outcome;
use model::due::{ABANDON_AFTER, Verdict, verdict};
use model::export::{ExportVerdict, Failure};
use model::store::{Due, keys};
use model::{AssetId, DeletionReason, ExportId, Record, Result, UploadStatus, WorkspaceId};
use objects::{ExportKey, ObjectKey};

use crate::report::DueReport;
use crate::{Deps, finish, remove};

/// How many are read at a time.
const BATCH: i32 = 100;
/// How many are worked on at a time.
const AT_ONCE: usize = 10;

/// What was done about one of them.
enum Done {
    Resumed,
    Abandoned,
    Completed,
    Expired,
    Forgotten,
    Stalled,
    BegunAnew,
    Removed,
    /// It was not due after all, or someone else was faster.
    Nothing,
}

/// Works off what is due, the longest due first. What fails is passed over, and tried by the next run.
pub(crate) async fn run(deps: &Deps, deadline: Instant, report: &mut DueReport) -> Result<()> {
    for shard in 0..keys::DUE_SHARDS {
        let mut position = None;
        while Instant::now() < deadline {
            let (due, next) = deps.store.due(shard, deps.clock.now(), position, BATCH).await?;
            let results = stream::iter(due).map(|due| one(deps, due)).buffer_unordered(AT_ONCE);
            let results: Vec<_> = results.collect().await;
            for result in results {
                *match result {
                    Ok(Done::Nothing) => continue,
                    Ok(Done::Resumed) => &mut report.resumed,
                    Ok(Done::Abandoned) => &mut report.abandoned,
                    Ok(Done::Completed) => &mut report.completed,
                    Ok(Done::Expired) => &mut report.expired,
                    Ok(Done::Forgotten) => &mut report.forgotten,
                    Ok(Done::Stalled) => &mut report.exports_stalled,
                    Ok(Done::BegunAnew) => &mut report.exports_resumed,
                    Ok(Done::Removed) => &mut report.exports_removed,
                    Err(error) => {
                        let error = model::error::loggable(&error);
                        tracing::error!(error, "what is due is left to the next run");
                        &mut report.failed
                    }
                } += 1;
            }
            position = next;
            if position.is_none() {
                break;
            }
        }
    }
    Ok(())
}

async fn one(deps: &Deps, due: Due) -> Result<Done> {
    match due {
        Due::Asset(workspace, id) => one_asset(deps, &workspace, id).await,
        Due::Version(workspace, id, number) => one_version(deps, &workspace, id, number).await,
        Due::Export(workspace, id) => one_export(deps, workspace, id).await,
    }
}

/// Does what is due about one asset, going by its record as it is now: its retention may have been
/// extended since the index was read.
async fn one_asset(deps: &Deps, workspace: &WorkspaceId, id: AssetId) -> Result<Done> {
    let Some(record) = deps.store.find(workspace, id).await? else { return Ok(Done::Nothing) };
    let settings = deps.store.settings(workspace).await?;
    let done = match verdict(&record, &settings, deps.clock.now()) {
        Verdict::Wait(_) => {
            deps.store.replace(workspace, &record, &record, &settings).await?;
            return Ok(Done::Nothing);
        }
        Verdict::Resume => {
            finish(deps, &record).await?;
            return Ok(Done::Resumed);
        }
        Verdict::Abandon | Verdict::Forget if came_after_all(deps, &record).await? => {
            return Ok(Done::Completed);
        }
        Verdict::Abandon => (DeletionReason::Abandoned, Done::Abandoned),
        Verdict::Forget => (DeletionReason::Missing, Done::Forgotten),
        Verdict::Expire => (DeletionReason::Expired, Done::Expired),
    };
    let (reason, done) = done;
    Ok(if remove(deps, &record, reason).await? { done } else { Done::Nothing })
}

/// Removes a version whose object did not come in time, unless only its event was lost.
async fn one_version(
    deps: &Deps,
    workspace: &WorkspaceId,
    id: AssetId,
    number: u32,
) -> Result<Done> {
    let Some(record) = deps.store.find(workspace, id).await? else { return Ok(Done::Nothing) };
    let Some(read) = deps.store.version(workspace, &record, number).await? else {
        return Ok(Done::Nothing);
    };
    let version = &read.version;
    let due = version.created_at.plus(ABANDON_AFTER) <= deps.clock.now();
    // A deleted asset's versions go with it.
    if !due || version.upload_status != UploadStatus::Pending || record.deletion.is_some() {
        return Ok(Done::Nothing);
    }
    let key = version.storage_key.as_deref().map(ObjectKey::parse);
    if let Some(Ok(Some(key))) = key
        && ingest::arrived(&deps.ingest, &key, None).await? == Outcome::Completed
    {
        return Ok(Done::Completed);
    }
    let removed = deps.store.abandon_version(workspace, id, &read).await?;
    Ok(if removed { Done::Abandoned } else { Done::Nothing })
}

/// Has an export begun anew that nobody is at, ends one that comes to no end, and removes one whose time is over: its objects first, so
/// that none is left without a record.
async fn one_export(deps: &Deps, workspace: WorkspaceId, id: ExportId) -> Result<Done> {
    let Some(read) = deps.store.find_export(&workspace, id).await? else {
        return Ok(Done::Nothing);
    };
    let key = ExportKey { workspace, id };
    let now = deps.clock.now();
    match read.verdict(now) {
        ExportVerdict::Wait => Ok(Done::Nothing),
        ExportVerdict::Resume => {
            let resumed =
                deps.objects.resume_export(&deps.store, &key.workspace, &read, now).await?;
            Ok(match resumed {
                Some(record) if record.has_ended() => Done::Stalled,
                Some(_) => Done::BegunAnew,
                None => Done::Nothing,
            })
        }
        ExportVerdict::Fail => {
            if let Some(upload) = &read.upload_id {
                deps.objects.abort_multipart(&key.archive(), upload).await?;
            }
            let why = Failure::new("stalled", "it stopped several times; ask for it again");
            let failed = read.failed(why, now);
            let written = deps.store.replace_export(&key.workspace, &read, failed).await?;
            Ok(if written.is_some() { Done::Stalled } else { Done::Nothing })
        }
        ExportVerdict::Remove => {
            deps.objects.erase_all([key.archive(), key.job()]).await?;
            deps.store.remove_export(&key.workspace, &read).await?;
            Ok(Done::Removed)
        }
    }
}

/// Whether the object that the asset waited for is there: then its event was lost.
async fn came_after_all(deps: &Deps, record: &Record) -> Result<bool> {
    let key = record.asset.storage_key.as_deref().map(ObjectKey::parse);
    let Some(Ok(Some(key))) = key else { return Ok(false) };
    let outcome = ingest::arrived(&deps.ingest, &key, None).await?;
    Ok(outcome == Outcome::Completed)
}
