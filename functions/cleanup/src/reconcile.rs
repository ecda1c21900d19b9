//! Objects without records, and records without objects.

use std::collections::BTreeMap;
use std::time::Instant;

use assets::Outcome;
use futures::stream::{self, StreamExt};
use model::brake::Brake;
use model::due::{GRACE, Settings, due_at};
use model::store::{Position, Unreadable};
use model::{Record, Result, WorkspaceId};
use objects::{Listed, ObjectKey};

use crate::report::{RecordsReport, Report, note};
use crate::{Deps, keep};

/// The most objects or records that are looked at side by side.
const AT_ONCE: usize = 16;
/// The most records that are read at a time.
const SLICE: i32 = 100;
/// The records that are looked at before anything is changed.
const PROBE: i32 = 50;

/// The state that an object was found in.
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
    let mut after: Option<String> = crate::checkpoint(deps, JOB).await?.flatten();
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
    let record = record_of(deps, &key).await?;
    let describes = |record: &Record| {
        let same = record.asset.storage_key.as_deref() == Some(&object.key);
        same && (record.deletion.is_some() || (record.is_listed() && record.etag == object.etag))
    };
    if record.as_ref().is_some_and(describes) {
        return Ok(Found::Recorded);
    }
    let outcome = deps.assets().arrived(&key, None).await?;
    Ok(match outcome {
        Outcome::Completed | Outcome::Adopted | Outcome::MarkedMissing => Found::Repaired,
        // Removed or replaced since it was listed, or recorded meanwhile by its own event.
        Outcome::Known | Outcome::Superseded | Outcome::Ignored | Outcome::Parked => {
            Found::Recorded
        }
        Outcome::Orphaned => Found::Orphan,
        Outcome::Unexpected | Outcome::Unfetchable => Found::Unexplained,
    })
}

/// The record that the object's key leads to.
async fn record_of(deps: &Deps, key: &ObjectKey) -> Result<Option<Record>> {
    match deps.assets().asset_of(key).await? {
        Some(id) => deps.store.find(key.workspace(), id).await,
        None => Ok(None),
    }
}

/// Looks whether the objects of the first records there are are there, before anything is changed:
/// whether the run may go on. Where none is, an object among the bucket's first that a record tells of,
/// and be it one that was missing, shows that the bucket is the right one.
pub(crate) async fn probe(deps: &Deps, brake: &mut Brake) -> Result<bool> {
    let (records, _) = deps.store.walk(None, PROBE).await?;
    let looks = stream::iter(records.into_iter().flatten()).map(async |record| {
        let key = record.asset.storage_key.as_deref()?;
        deps.objects.head(key).await.ok().map(|head| head.is_some())
    });
    let looks: Vec<_> =
        looks.buffer_unordered(AT_ONCE).filter_map(async |there| there).collect().await;
    let (looked_at, lost) = (looks.len(), looks.iter().filter(|there| !**there).count());
    let is_known = lost > 0 && lost == looked_at && holds_what_is_on_record(deps).await;
    Ok(brake.probed(count(looked_at + usize::from(is_known)), count(lost)))
}

async fn holds_what_is_on_record(deps: &Deps) -> bool {
    let Ok((listed, _)) = deps.objects.list(None).await else { return false };
    let first = listed.into_iter().take(usize::try_from(PROBE).unwrap_or_default());
    let looks = stream::iter(first).map(async |object| {
        let key = ObjectKey::parse(&object.key).ok().flatten()?;
        let record = record_of(deps, &key).await.ok().flatten()?;
        let same = record.asset.storage_key.as_deref() == Some(&object.key);
        Some(same && record.deletion.is_none() && record.etag == object.etag)
    });
    looks.buffer_unordered(AT_ONCE).any(async |known| known == Some(true)).await
}

/// Walks the listed records, from where the last run stopped. One without its object leaves the
/// lists now, and goes for good when the grace period is over; unless too many are without: then the
/// brake is on, and the walk only counts.
pub(crate) async fn records(
    deps: &Deps,
    deadline: Instant,
    brake: &mut Brake,
    report: &mut Report,
) -> Result<()> {
    const JOB: &str = "records";
    let mut position: Option<Position> = crate::checkpoint(deps, JOB).await?.flatten();
    let mut settings = BTreeMap::new();
    while Instant::now() < deadline {
        if position.is_none() {
            brake.begin_round();
        }
        let (entries, next) = deps.store.walk(position, SLICE).await?;
        let mut records = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry {
                Ok(record) => records.push(record),
                Err(Unreadable { key, error }) => {
                    let error = model::error::loggable(&error);
                    tracing::error!(key, error, "a record cannot be read");
                    note(&mut report.records.unreadable_keys, &key);
                    report.records.unreadable += 1;
                }
            }
        }
        look_at_records(deps, records, brake, &mut settings, &mut report.records).await;
        position = next;
        deps.store.set_checkpoint(JOB, &position).await?;
        if position.is_none() {
            report.records.finished = true;
            brake.end_round();
        }
        crate::save(deps, brake).await?;
        if position.is_none() {
            break;
        }
    }
    Ok(())
}

/// The state that a record was found in.
enum Looked {
    /// Its object is there, or it never had one.
    Good,
    /// A producer's object with headers that the record does not know.
    Described(ObjectKey),
    Lost,
}

/// Looks at each record first, and changes them only where what was found may be.
async fn look_at_records(
    deps: &Deps,
    records: Vec<Record>,
    brake: &mut Brake,
    settings: &mut BTreeMap<WorkspaceId, Settings>,
    report: &mut RecordsReport,
) {
    let looks = stream::iter(records).map(async |record| {
        let looked = look_at_record(deps, &record).await;
        (record, looked)
    });
    let looks: Vec<_> = looks.buffer_unordered(AT_ONCE).collect().await;
    let lost = looks.iter().filter(|(_, looked)| matches!(looked, Ok(Looked::Lost))).count();
    report.checked += looks.len();
    report.lost += lost;
    let goes = brake.walked(count(looks.len()), count(lost));
    let mut marked = 0;
    for (record, looked) in looks {
        let done = match looked {
            _ if !goes => continue,
            Ok(looked) => settle(deps, &record, looked, settings).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(Settled::Nothing) => {}
            Ok(Settled::Rescheduled) => report.rescheduled += 1,
            Ok(Settled::Described) => report.described += 1,
            Ok(Settled::Missing) => {
                marked += 1;
                let key = record.asset.storage_key.as_deref().unwrap_or_default();
                note(&mut report.missing_keys, key);
            }
            Err(error) => {
                let error = model::error::loggable(&error);
                tracing::error!(id = %record.asset.id, error, "a record is left to the next walk");
                note(&mut report.failed_ids, &record.asset.id.to_string());
                report.failed += 1;
            }
        }
    }
    report.missing += marked;
    brake.marked(count(marked));
}

/// Looks for the record's object. Changes nothing.
async fn look_at_record(deps: &Deps, record: &Record) -> Result<Looked> {
    let Some(text) = record.asset.storage_key.as_deref() else { return Ok(Looked::Good) };
    let Ok(Some(key)) = ObjectKey::parse(text) else { return Ok(Looked::Good) };
    let Some(head) = deps.objects.head(text).await? else { return Ok(Looked::Lost) };
    let news = assets::is_described_anew(record, &key, &head);
    Ok(if news { Looked::Described(key) } else { Looked::Good })
}

/// The work that was done on a record.
enum Settled {
    Nothing,
    Described,
    Rescheduled,
    Missing,
}

async fn settle(
    deps: &Deps,
    record: &Record,
    looked: Looked,
    known: &mut BTreeMap<WorkspaceId, Settings>,
) -> Result<Settled> {
    match looked {
        Looked::Good => {}
        Looked::Described(key) => {
            let outcome = deps.assets().arrived(&key, None).await?;
            let done = outcome == Outcome::Completed;
            return Ok(if done { Settled::Described } else { Settled::Nothing });
        }
        Looked::Lost => {
            let text = record.asset.storage_key.as_deref().unwrap_or_default();
            let Ok(Some(key)) = ObjectKey::parse(text) else { return Ok(Settled::Nothing) };
            let outcome = deps.assets().gone(&key, None).await?;
            let marked = outcome == Outcome::MarkedMissing;
            return Ok(if marked { Settled::Missing } else { Settled::Nothing });
        }
    }
    let workspace = &record.asset.workspace_id;
    let settings = if let Some(settings) = known.get(workspace) {
        settings
    } else {
        let read = deps.store.settings(workspace).await?;
        known.entry(workspace.clone()).or_insert(read)
    };
    // Words that were stored before they were folded take their places anew.
    if due_at(record, settings) == record.due_at && record.unfolded.is_none() {
        return Ok(Settled::Nothing);
    }
    // A record that changed since is as it should be: its writer had the settings too.
    let written = deps.store.replace(workspace, record, record, settings).await?;
    Ok(if written { Settled::Rescheduled } else { Settled::Nothing })
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
