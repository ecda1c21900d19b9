//! Objects without records, and records without objects.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use ingest::Outcome;
use model::due::{GRACE, Settings, due_at};
use model::store::{Position, keys};
use model::{Record, Result, WorkspaceId};
use objects::{Listed, ObjectKey};

use crate::report::{Report, note};
use crate::{Deps, keep};

/// How many objects or records are looked at side by side.
const AT_ONCE: usize = 16;
/// How many records are read at a time.
const SLICE: i32 = 100;

/// What an object turned out to be.
enum Found {
    Recorded,
    Repaired,
    Orphan,
    Unexplained,
}

/// Walks the objects below `workspaces/`, from where the last run stopped. An object whose event was
/// lost gets its record; one whose asset was deleted is reported, and past the grace period removed.
pub(crate) async fn objects(deps: &Deps, deadline: Instant, report: &mut Report) -> Result<()> {
    const JOB: &str = "objects";
    let mut after: Option<String> = deps.store.checkpoint::<Option<String>>(JOB).await?.flatten();
    while Instant::now() < deadline {
        let (listed, more) = deps.objects.list(after.as_deref()).await?;
        let last = listed.last().map(|object| object.key.clone());
        let doomed = look_at_objects(deps, listed, report).await;
        if !doomed.is_empty() {
            keep(deps, report).await?;
            let count = doomed.len();
            deps.objects.delete_all(doomed).await?;
            report.objects.removed += count;
        }
        after = last.filter(|_| more);
        deps.store.set_checkpoint(JOB, &after).await?;
        if after.is_none() {
            report.objects.finished = true;
            break;
        }
    }
    Ok(())
}

/// Looks at each object; what is to be removed comes back.
async fn look_at_objects(deps: &Deps, listed: Vec<Listed>, report: &mut Report) -> Vec<String> {
    let looks = stream::iter(listed).map(async |object| {
        let found = look_at_object(deps, &object).await;
        (object, found)
    });
    let looks: Vec<_> = looks.buffer_unordered(AT_ONCE).collect().await;
    let now = deps.clock.now();
    let mut doomed = Vec::new();
    let report = &mut report.objects;
    for (object, found) in looks {
        report.checked += 1;
        match found {
            Ok(Found::Recorded) => {}
            Ok(Found::Repaired) => report.repaired += 1,
            Ok(Found::Unexplained) => {
                report.unexplained += 1;
                note(&mut report.unexplained_keys, &object.key);
            }
            Ok(Found::Orphan) => {
                report.orphaned += 1;
                note(&mut report.orphans, &object.key);
                if object.last_modified.plus(GRACE) <= now {
                    doomed.push(object.key);
                }
            }
            Err(error) => {
                let error = model::error::loggable(&error);
                tracing::error!(key = object.key, error, "an object is left to the next walk");
                report.failed += 1;
            }
        }
    }
    doomed
}

async fn look_at_object(deps: &Deps, object: &Listed) -> Result<Found> {
    let Ok(Some(key)) = ObjectKey::parse(&object.key) else { return Ok(Found::Unexplained) };
    let workspace = key.workspace();
    let id = match &key {
        ObjectKey::Asset { id, .. } => Some(*id),
        ObjectKey::Upload { .. } => {
            let digest = keys::object_digest(deps.objects.bucket(), &object.key);
            deps.store.pointer(workspace, &digest).await?
        }
    };
    let record = match id {
        Some(id) => deps.store.find(workspace, id).await?,
        None => None,
    };
    let describes = |record: &Record| {
        let same = record.asset.storage_key.as_deref() == Some(&object.key);
        same && (record.deletion.is_some() || (record.is_listed() && record.etag == object.etag))
    };
    if record.as_ref().is_some_and(describes) {
        return Ok(Found::Recorded);
    }
    let outcome = ingest::arrived(&deps.ingest, &key, None).await?;
    Ok(match outcome {
        Outcome::Completed | Outcome::Adopted | Outcome::MarkedMissing => Found::Repaired,
        // Removed or replaced since it was listed, or recorded meanwhile by its own event.
        Outcome::Known | Outcome::Superseded | Outcome::Ignored | Outcome::Parked => {
            Found::Recorded
        }
        Outcome::Orphaned => Found::Orphan,
        Outcome::Unexpected => Found::Unexplained,
    })
}

/// Walks the listed records, from where the last run stopped. One without its object leaves the
/// lists now, and goes for good when the grace period is over.
pub(crate) async fn records(deps: &Deps, deadline: Instant, report: &mut Report) -> Result<()> {
    const JOB: &str = "records";
    let mut position: Option<Position> = deps.store.checkpoint::<Option<_>>(JOB).await?.flatten();
    let mut settings = BTreeMap::new();
    while Instant::now() < deadline {
        let (records, next) = deps.store.walk(position, SLICE).await?;
        for record in &records {
            let workspace = &record.asset.workspace_id;
            if !settings.contains_key(workspace) {
                settings.insert(workspace.clone(), deps.store.settings(workspace).await?);
            }
        }
        look_at_records(deps, records, &settings, report).await;
        position = next;
        deps.store.set_checkpoint(JOB, &position).await?;
        if position.is_none() {
            report.records.finished = true;
            break;
        }
    }
    Ok(())
}

async fn look_at_records(
    deps: &Deps,
    records: Vec<Record>,
    settings: &BTreeMap<WorkspaceId, Settings>,
    report: &mut Report,
) {
    let looks = stream::iter(records).map(async |record| {
        let looked = look_at_record(deps, &record, settings).await;
        (record, looked)
    });
    let looks: Vec<_> = looks.buffer_unordered(AT_ONCE).collect().await;
    let report = &mut report.records;
    for (record, looked) in looks {
        report.checked += 1;
        match looked {
            Ok(Looked::Good) => {}
            Ok(Looked::Rescheduled) => report.rescheduled += 1,
            Ok(Looked::Missing) => {
                report.missing += 1;
                note(
                    &mut report.missing_keys,
                    record.asset.storage_key.as_deref().unwrap_or_default(),
                );
            }
            Err(error) => {
                let error = model::error::loggable(&error);
                tracing::error!(id = %record.asset.id, error, "a record is left to the next walk");
                report.failed += 1;
            }
        }
    }
}

enum Looked {
    Good,
    Rescheduled,
    Missing,
}

async fn look_at_record(
    deps: &Deps,
    record: &Record,
    settings: &BTreeMap<WorkspaceId, Settings>,
) -> Result<Looked> {
    let key = record.asset.storage_key.as_deref();
    if let Some(text) = key
        && deps.objects.head(text).await?.is_none()
        && let Ok(Some(key)) = ObjectKey::parse(text)
    {
        let outcome = ingest::gone(&deps.ingest, &key, None).await?;
        return Ok(if outcome == Outcome::MarkedMissing { Looked::Missing } else { Looked::Good });
    }
    let workspace = &record.asset.workspace_id;
    let Some(settings) = settings.get(workspace) else { return Ok(Looked::Good) };
    if due_at(record, settings) == record.due_at {
        return Ok(Looked::Good);
    }
    // A record that changed since is as it should be: its writer had the settings too.
    let written = deps.store.replace(workspace, record, record, settings).await?;
    Ok(if written { Looked::Rescheduled } else { Looked::Good })
}
