//! Assets and exports whose time has come.

use std::time::Instant;

use assets::Outcome;
use futures::stream::{self, StreamExt};
use model::brake::{Brake, Why};
use model::due::{Settings, Verdict, verdict};
use model::export::{ExportVerdict, Failure};
use model::store::{Due, keys};
use model::{AssetId, DeletionReason, ExportId, Record, Result, WorkspaceId};
use objects::{ExportKey, ObjectKey};

use crate::report::{DueReport, note};
use crate::{Deps, finish, remove};

/// The most that are read at a time.
const BATCH: i32 = 100;
/// The most that are worked on at a time.
const AT_ONCE: usize = 10;

/// The work that was done on one of them.
enum Done {
    Resumed,
    Abandoned,
    Completed,
    Expired,
    Retired,
    /// It went back to a version whose file is there.
    FellBack,
    Forgotten,
    /// It is to be forgotten, if the brake lets it.
    ToBeForgotten(WorkspaceId, AssetId),
    Stalled,
    BegunAnew,
    Removed,
    /// It was not due after all, or someone else was faster.
    Nothing,
}

/// Works off what is due, the longest due first. What fails is passed over, and tried by the next run.
///
/// What is to be forgotten because its object is gone is seen as a whole first: that many at once may
/// mean that it is the bucket that is gone. While the brake is on for that, nothing else is done.
pub(crate) async fn run(
    deps: &Deps,
    deadline: Instant,
    brake: &mut Brake,
    report: &mut DueReport,
) -> Result<()> {
    let is_on = match brake.is_on() {
        None => false,
        Some(Why::TooManyAreToBeForgotten) => true,
        Some(Why::NothingIsThere | Why::TooManyAreMissing) => return Ok(()),
    };
    let mut lost = Vec::new();
    for shard in 0..keys::DUE_SHARDS {
        let mut position = None;
        while Instant::now() < deadline {
            let (due, next) = deps.store.due(shard, deps.clock.now(), position, BATCH).await?;
            let results = stream::iter(due).map(async |due| {
                let done = if is_on { is_lost(deps, &due).await } else { one(deps, &due).await };
                (due, done)
            });
            let results: Vec<_> = results.buffer_unordered(AT_ONCE).collect().await;
            for (due, result) in results {
                if let Some(asset) = tell(report, &due, result) {
                    lost.push(asset);
                }
            }
            position = next;
            if position.is_none() {
                break;
            }
        }
    }
    let count = u64::try_from(lost.len()).unwrap_or(u64::MAX);
    let is_empty = count > 0 && deps.objects.is_empty().await?;
    if !brake.may_forget(count, is_empty) {
        return Ok(());
    }
    let forgets = stream::iter(lost).map(async |(workspace, id)| {
        let done = forget(deps, &workspace, id).await;
        (Due::Asset(workspace, id), done)
    });
    let results: Vec<_> = forgets.buffer_unordered(AT_ONCE).collect().await;
    let before = report.forgotten;
    for (due, result) in results {
        tell(report, &due, result);
    }
    brake.forgotten(u64::try_from(report.forgotten - before).unwrap_or(u64::MAX));
    Ok(())
}

/// Counts what was done; the asset that is to be forgotten, where that is what was found.
fn tell(report: &mut DueReport, due: &Due, done: Result<Done>) -> Option<(WorkspaceId, AssetId)> {
    *match done {
        Ok(Done::Nothing) => return None,
        Ok(Done::ToBeForgotten(workspace, id)) => return Some((workspace, id)),
        Ok(Done::Resumed) => &mut report.resumed,
        Ok(Done::Abandoned) => &mut report.abandoned,
        Ok(Done::Completed) => &mut report.completed,
        Ok(Done::Expired) => &mut report.expired,
        Ok(Done::Retired) => &mut report.retired,
        Ok(Done::FellBack) => &mut report.fell_back,
        Ok(Done::Forgotten) => &mut report.forgotten,
        Ok(Done::Stalled) => &mut report.exports_stalled,
        Ok(Done::BegunAnew) => &mut report.exports_resumed,
        Ok(Done::Removed) => &mut report.exports_removed,
        Err(error) => {
            let (name, error) = (name(due), model::error::loggable(&error));
            tracing::error!(due = name, error, "what is due is left to the next run");
            note(&mut report.failed_keys, &name);
            &mut report.failed
        }
    } += 1;
    None
}

/// The id that the table knows it by.
fn name(due: &Due) -> String {
    let key = match due {
        Due::Asset(workspace, id) => keys::asset(workspace, *id),
        Due::Version(workspace, id, number) => keys::version(workspace, *id, *number),
        Due::Export(workspace, id) => keys::export(workspace, *id),
    };
    format!("{} {}", key.pk, key.sk)
}

async fn one(deps: &Deps, due: &Due) -> Result<Done> {
    match due {
        Due::Asset(workspace, id) => one_asset(deps, workspace, *id).await,
        Due::Version(workspace, id, number) => one_version(deps, workspace, *id, *number).await,
        Due::Export(workspace, id) => one_export(deps, workspace.clone(), *id).await,
    }
}

/// Does what is due about one asset, going by its record as it is now: its retention may have been
/// extended since the index was read.
async fn one_asset(deps: &Deps, workspace: &WorkspaceId, id: AssetId) -> Result<Done> {
    let Some((record, settings)) = read(deps, workspace, id).await? else {
        return Ok(Done::Nothing);
    };
    let now = deps.clock.now();
    let (reason, done) = match verdict(&record, &settings, now) {
        Verdict::Wait(_) => {
            deps.store.replace(workspace, &record, &record, &settings).await?;
            return Ok(Done::Nothing);
        }
        Verdict::Resume => {
            finish(deps, &record).await?;
            return Ok(Done::Resumed);
        }
        Verdict::Retire => return retire(deps, workspace, &record, &settings).await,
        Verdict::Abandon | Verdict::Forget if came_after_all(deps, &record).await? => {
            return Ok(Done::Completed);
        }
        Verdict::Forget => return Ok(Done::ToBeForgotten(workspace.clone(), id)),
        Verdict::Abandon => (DeletionReason::Abandoned, Done::Abandoned),
        Verdict::Expire => (DeletionReason::Expired, Done::Expired),
    };
    Ok(if remove(deps, &record, reason).await? { done } else { Done::Nothing })
}

async fn read(
    deps: &Deps,
    workspace: &WorkspaceId,
    id: AssetId,
) -> Result<Option<(Record, Settings)>> {
    let Some(record) = deps.store.find(workspace, id).await? else { return Ok(None) };
    let settings = deps.store.settings(workspace).await?;
    Ok(Some((record, settings)))
}

/// Tells an asset that is to be forgotten, as far as that can be done without changing anything.
async fn is_lost(deps: &Deps, due: &Due) -> Result<Done> {
    let Due::Asset(workspace, id) = due else { return Ok(Done::Nothing) };
    let Some((record, settings)) = read(deps, workspace, *id).await? else {
        return Ok(Done::Nothing);
    };
    if verdict(&record, &settings, deps.clock.now()) != Verdict::Forget {
        return Ok(Done::Nothing);
    }
    let key = record.asset.storage_key.as_deref();
    let there = match key {
        Some(key) => deps.objects.head(key).await?.is_some(),
        None => false,
    };
    Ok(if there { Done::Nothing } else { Done::ToBeForgotten(workspace.clone(), *id) })
}

/// Forgets an asset whose object is gone, unless it has another version to go back to.
async fn forget(deps: &Deps, workspace: &WorkspaceId, id: AssetId) -> Result<Done> {
    let Some((record, settings)) = read(deps, workspace, id).await? else {
        return Ok(Done::Nothing);
    };
    let now = deps.clock.now();
    if verdict(&record, &settings, now) != Verdict::Forget {
        return Ok(Done::Nothing);
    }
    match deps.store.fall_back(workspace, &record, &settings, now).await? {
        Some(true) => return Ok(Done::FellBack),
        Some(false) => return Ok(Done::Nothing),
        None => {}
    }
    let removed = remove(deps, &record, DeletionReason::Missing).await?;
    Ok(if removed { Done::Forgotten } else { Done::Nothing })
}

/// Makes the approved version current again, and removes the files of newer ones.
async fn retire(
    deps: &Deps,
    workspace: &WorkspaceId,
    record: &Record,
    settings: &Settings,
) -> Result<Done> {
    let now = deps.clock.now();
    let retired = deps.store.retire(workspace, record, settings, now).await?;
    let Some(numbers) = retired else { return Ok(Done::Nothing) };
    for number in numbers {
        one_version(deps, workspace, record.asset.id, number).await?;
    }
    Ok(Done::Retired)
}

/// Removes the file of a version whose time is over, or a version whose object did not come in time,
/// unless only its event was lost.
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
    // A deleted asset's versions go with it, and the current one with its record.
    let is_due = read.due_at().is_some_and(|at| at <= deps.clock.now());
    if !is_due || record.deletion.is_some() || number == record.asset.version {
        return Ok(Done::Nothing);
    }
    let version = &read.version;
    if version.removed_at.is_some() {
        deps.objects.delete_all(version.storage_key.clone()).await?;
        deps.store.discarded(workspace, id, &read).await?;
        return Ok(Done::Nothing);
    }
    let key = version.storage_key.as_deref().map(ObjectKey::parse);
    if let Some(Ok(Some(key))) = key
        && deps.assets().arrived(&key, None).await? == Outcome::Completed
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
            Ok(match deps.assets().resume_export(&key.workspace, &read).await? {
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

/// True if the object that the asset waited for is there: then its event was lost.
async fn came_after_all(deps: &Deps, record: &Record) -> Result<bool> {
    let key = record.asset.storage_key.as_deref().map(ObjectKey::parse);
    let Some(Ok(Some(key))) = key else { return Ok(false) };
    let outcome = deps.assets().arrived(&key, None).await?;
    Ok(outcome == Outcome::Completed)
}
