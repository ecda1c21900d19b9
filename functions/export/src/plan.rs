//! The files that go into an archive, as they are approved now.

use std::collections::{BTreeSet, HashMap};

use crate::job::{Job, Stop};
use api::Selection;
use archive::{Excluded, MOST_MANIFEST, Reason};
use futures::stream::{self, StreamExt, TryStreamExt};
use model::export::{Failure, MOST_BYTES, MOST_FILES, Progress};
use model::version::VersionRecord;
use model::{
    Actor, AssetId, AssetType, Error, Filter, Order, Record, Result, Store, Tags, Timestamp, Title,
    UploadStatus, WorkspaceId,
};

/// The most assets that are listed, or read by their ids, at a time.
const BATCH: usize = 100;
/// The bytes that an entry of the manifest takes besides what the asset's makers said of it.
const ENTRY: u64 = 1024;
/// The most assets whose versions and approvals are read at a time.
const AT_ONCE: usize = 16;

/// One file to write.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) id: AssetId,
    /// The approved version.
    pub(crate) version: VersionRecord,
    pub(crate) asset_type: AssetType,
    pub(crate) title: Option<Title>,
    pub(crate) tags: Tags,
    pub(crate) approver: Option<Actor>,
    pub(crate) approved_at: Option<Timestamp>,
}

impl Planned {
    /// Bytes.
    pub(crate) fn size(&self) -> u64 {
        self.version.version.file_size.unwrap_or_default()
    }

    /// About how many bytes the manifest takes to say what it is.
    fn told(&self) -> u64 {
        let told = (&self.version.version.provenance, &self.tags, &self.title);
        ENTRY + serde_json::to_vec(&told).map_or(0, |json| json.len() as u64)
    }
}

/// Everything to write, the oldest asset first.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) files: Vec<Planned>,
    pub(crate) left_out: Vec<Excluded>,
}

impl Plan {
    /// Plans what `selection` finds. [`Stop::Failed`] where that is nothing, or more than an export may
    /// have.
    pub(crate) async fn of(
        job: &Job<'_>,
        selection: &Selection,
    ) -> std::result::Result<Self, Stop> {
        let (store, workspace) = (&job.deps.store, &job.key.workspace);
        let (ids, mut unreadable) = match selection {
            Selection::Ids(ids) => (ids.clone(), BTreeSet::new()),
            Selection::Filter(filter) => found(job, filter).await?,
        };
        let mut plan = Self::default();
        for batch in ids.chunks(BATCH) {
            let (records, spoilt) = store.get_readable(workspace, batch).await?;
            let mut records: HashMap<_, _> =
                records.into_iter().map(|record| (record.asset.id, record)).collect();
            let readable = batch.iter().copied().filter(|id| !spoilt.contains(id));
            let planned: Vec<_> = readable.map(|id| (id, records.remove(&id))).collect();
            let planned = planned.into_iter();
            let planned =
                planned.map(|(id, record)| one(store.clone(), workspace.clone(), id, record));
            let planned = stream::iter(planned).buffered(AT_ONCE);
            for planned in planned.try_collect::<Vec<_>>().await? {
                match planned {
                    Ok(file) => plan.files.push(file),
                    Err(excluded) => plan.left_out.push(excluded),
                }
            }
            unreadable.extend(spoilt);
            job.go_on(Progress::default())?;
        }
        let unreadable = unreadable.into_iter();
        plan.left_out.extend(unreadable.map(|id| Excluded { id, reason: Reason::Unreadable }));
        plan.check().map_err(Stop::Failed)?;
        Ok(plan)
    }

    /// The progress before the first file: all that there is to write.
    pub(crate) fn progress(&self) -> Progress {
        Progress {
            files_total: self.files.len() as u64,
            bytes_total: self.files.iter().map(Planned::size).sum(),
            ..Progress::default()
        }
    }

    fn check(&self) -> std::result::Result<(), Failure> {
        if self.files.is_empty() {
            return Err(nothing());
        }
        let told = self.files.iter().map(Planned::told).sum();
        for (what, bytes, most) in [
            ("the files have", self.progress().bytes_total, MOST_BYTES),
            ("the manifest would have", told, MOST_MANIFEST),
        ] {
            if bytes > most {
                let message = format!("{what} {bytes} bytes, of {most} at most: narrow the filter");
                return Err(Failure::new("too_large", message));
            }
        }
        Ok(())
    }
}

/// The ids of what matches the filter, and of what could not be read on the way.
async fn found(
    job: &Job<'_>,
    filter: &Filter,
) -> std::result::Result<(Vec<AssetId>, BTreeSet<AssetId>), Stop> {
    let (store, workspace) = (&job.deps.store, &job.key.workspace);
    // A page may go over the same once more.
    let (mut ids, mut unreadable, mut cursor) = (Vec::new(), BTreeSet::new(), None);
    loop {
        let listed = store.list(workspace, filter, Order::Asc, cursor, BATCH).await?;
        ids.extend(listed.items.iter().map(|asset| asset.id));
        unreadable.extend(listed.unreadable);
        if ids.len() > MOST_FILES {
            return Err(Stop::Failed(too_many()));
        }
        cursor = listed.next;
        if cursor.is_none() {
            return Ok((ids, unreadable));
        }
        job.go_on(Progress::default())?;
    }
}

/// That there is no file to write.
pub(crate) fn nothing() -> Failure {
    let message = "none of the assets asked for has an approved version with a file";
    Failure::new("nothing_to_export", message)
}

fn too_many() -> Failure {
    let message = format!(
        "more than {MOST_FILES} assets match, the most that an export may have: narrow the filter"
    );
    Failure::new("too_many", message)
}

/// The asset's file to write, or why there is none.
async fn one(
    store: Store,
    workspace: WorkspaceId,
    id: AssetId,
    record: Option<Record>,
) -> Result<std::result::Result<Planned, Excluded>> {
    let without = |reason| Ok(Err(Excluded { id, reason }));
    let Some(record) = record else { return without(Reason::NotFound) };
    let Some(number) = record.asset.approved_version else { return without(Reason::NotApproved) };
    let read = futures::try_join!(
        store.version(&workspace, &record, number),
        store.approval(&workspace, id, number),
    );
    let (version, approval) = match read {
        Ok((Some(version), approval)) => (version, approval),
        Ok((None, _)) => {
            tracing::error!(asset = %id, number, "an approved version has no record");
            return without(Reason::Unreadable);
        }
        // What is stored is not what it should be; a later attempt would find the same.
        Err(Error::Internal(error)) => {
            let error = model::error::loggable(&*error);
            tracing::error!(asset = %id, number, error, "a version's record cannot be read");
            return without(Reason::Unreadable);
        }
        Err(error) => return Err(error),
    };
    if version.version.upload_status != UploadStatus::Complete {
        return without(Reason::NoObject);
    }
    let (approver, approved_at) = approval.map(|event| (event.actor, event.at)).unzip();
    let asset = record.asset;
    let (asset_type, title, tags) = (asset.asset_type, asset.title, asset.tags);
    Ok(Ok(Planned { id, version, asset_type, title, tags, approver, approved_at }))
}
