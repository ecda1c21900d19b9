//! What an object's coming or going means for its asset.

use model::asset::{ObjectFacts, Record, Sequencer};
use model::due::Settings;
use model::store::{Adopted, Attempts, Replaced, keys};
use model::version::VersionRecord;
use model::{AssetId, ContentType, Creator, Error, Result, Timestamp, UploadStatus, WorkspaceId};
use objects::{Head, ObjectKey, media};

use crate::{Assets, adoption};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A registered asset has its object now.
    Completed,
    /// An object that nobody registered is an asset now.
    Adopted,
    /// The record shows that its object is gone.
    MarkedMissing,
    /// It was no news.
    Known,
    /// The object is gone or overwritten since; what happened to it has its own event.
    Superseded,
    /// The object's asset was deleted; `cleanup` removes what is left.
    Orphaned,
    /// The object is not what the asset's record names.
    Unexpected,
    /// No HTTP client can ask for the object's key.
    Unfetchable,
    /// Not ours.
    Ignored,
    /// It could not be understood.
    Parked,
}

/// What an event says of the object.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When it was written.
    pub at: Timestamp,
    /// Its `ETag` then.
    pub etag: Option<String>,
    /// Where the event stands among those of its key.
    pub sequencer: Option<Sequencer>,
    /// Who wrote it, as S3 names them.
    pub principal: Option<String>,
}

impl Seen {
    fn creator(&self) -> Option<Creator> {
        self.principal.clone().map(|principal| Creator::Producer { principal })
    }
}

impl Assets<'_> {
    /// An object is there, by an event or, without one, because `cleanup` found it.
    pub async fn arrived(&self, key: &ObjectKey, seen: Option<&Seen>) -> Result<Outcome> {
        let mut attempts = Attempts::default();
        let mut attempt = 0;
        loop {
            attempts.next().await?;
            let outcome = match key {
                ObjectKey::Asset { .. } => registered(self, key, seen).await?,
                ObjectKey::Upload { .. } => direct(self, key, seen, attempt).await?,
            };
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
            attempt += 1;
        }
    }

    /// The asset that an object's key leads to.
    pub async fn asset_of(&self, key: &ObjectKey) -> Result<Option<AssetId>> {
        match key {
            ObjectKey::Asset { id, .. } => Ok(Some(*id)),
            ObjectKey::Upload { .. } => {
                let digest = keys::object_digest(self.objects.bucket(), &key.to_string());
                self.store.pointer(key.workspace(), &digest).await
            }
        }
    }

    /// An object is gone, by an event or, without one, because `cleanup` missed it. Never brings
    /// anything back, and does nothing where the object is there after all.
    pub async fn gone(&self, key: &ObjectKey, sequencer: Option<Sequencer>) -> Result<Outcome> {
        let (workspace, text) = (key.workspace(), key.to_string());
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let Some(id) = self.asset_of(key).await? else { return Ok(Outcome::Known) };
            let found = self.store.find(workspace, id).await?;
            let Some(read) = found else { return Ok(Outcome::Known) };
            if read.asset.storage_key.as_deref() != Some(&text) {
                match version_gone(self, workspace, &read, key, sequencer.clone()).await? {
                    Some(outcome) => return Ok(outcome),
                    None => continue,
                }
            }
            let next = read.without_object(sequencer.clone(), self.clock.now());
            let Some(next) = next else { return Ok(Outcome::Known) };
            if self.objects.head(&text).await?.is_some() {
                return Ok(Outcome::Superseded);
            }
            let settings = self.store.settings(workspace).await?;
            if self.store.replace(workspace, &read, &next, &settings).await? {
                return Ok(Outcome::MarkedMissing);
            }
        }
    }
}

/// The object of a key that names its asset. None where the record changed meanwhile.
async fn registered(
    deps: &Assets<'_>,
    key: &ObjectKey,
    seen: Option<&Seen>,
) -> Result<Option<Outcome>> {
    let ObjectKey::Asset { workspace, id, version, .. } = key else {
        return Ok(Some(Outcome::Ignored));
    };
    let text = key.to_string();
    let (found, head, settings) = futures::try_join!(
        deps.store.find(workspace, *id),
        deps.objects.head(&text),
        deps.store.settings(workspace),
    )?;
    let Some(head) = head else { return Ok(Some(Outcome::Superseded)) };
    let sequencer = seen.and_then(|seen| seen.sequencer.clone());
    match found {
        Some(record) if record.deletion.is_some() => Ok(Some(Outcome::Orphaned)),
        Some(record) if record.asset.storage_key.as_deref() != Some(&text) => {
            let version = deps.store.version(workspace, &record, *version).await?;
            let is_named = |v: &VersionRecord| {
                v.version.removed_at.is_some() || v.version.storage_key.as_deref() == Some(&text)
            };
            let named = version.filter(is_named);
            match named {
                Some(read) if read.version.removed_at.is_some() => Ok(Some(Outcome::Orphaned)),
                Some(read) => {
                    complete_version(deps, workspace, &record, &read, &head, sequencer, &settings)
                        .await
                }
                None => Ok(Some(Outcome::Unexpected)),
            }
        }
        Some(record) => complete(deps, workspace, &record, &head, sequencer, &settings).await,
        None => {
            match deps.store.deletion(workspace, *id).await? {
                // The record went because this was missing, so it comes back with it.
                Some(deletion) if deletion.deleted_because.is_for_want_of_object() => {}
                Some(_) => return Ok(Some(Outcome::Orphaned)),
                None if *version != 1 => return Ok(Some(Outcome::Unexpected)),
                None => {}
            }
            let facts = facts(deps, &text, &head, sequencer).await?;
            let record = adoption::record(key, *id, None, &head, &facts, deps.clock.now());
            let record = Record { created_by: seen.and_then(Seen::creator), ..record };
            adopt(deps, workspace, &record, None, &settings).await
        }
    }
}

/// The object of a producer's own key. None where something changed meanwhile.
async fn direct(
    deps: &Assets<'_>,
    key: &ObjectKey,
    seen: Option<&Seen>,
    attempt: usize,
) -> Result<Option<Outcome>> {
    let (workspace, text) = (key.workspace(), key.to_string());
    let digest = keys::object_digest(deps.objects.bucket(), &text);
    let (pointer, head, settings) = futures::try_join!(
        deps.store.pointer(workspace, &digest),
        deps.objects.head(&text),
        deps.store.settings(workspace),
    )?;
    let Some(head) = head else { return Ok(Some(Outcome::Superseded)) };
    let etag = seen.and_then(|seen| seen.etag.as_deref());
    if etag.is_some_and(|etag| etag != head.etag) {
        return Ok(Some(Outcome::Superseded));
    }
    if head.size == 0 && text.ends_with('/') {
        // What consoles make of a folder.
        return Ok(Some(Outcome::Ignored));
    }
    let sequencer = seen.and_then(|seen| seen.sequencer.clone());
    let known = match pointer {
        Some(id) => deps.store.find(workspace, id).await?,
        None => None,
    };
    match &known {
        // When the delete is done, this is a new upload.
        Some(record) if record.deletion.is_some() => {
            return Err(Error::unavailable("the asset that had this key is being deleted"));
        }
        Some(record) if record.etag.is_some() && is_of(record, &head) => {
            let written = describe(deps, key, record, &head, sequencer.clone(), &settings).await?;
            return match written {
                None => complete(deps, workspace, record, &head, sequencer, &settings).await,
                Some(written) => Ok(written.then_some(Outcome::Completed)),
            };
        }
        Some(record) if record.asset.storage_key.as_deref() != Some(&text) => {
            let first = deps.store.version(workspace, record, 1).await?;
            if first.is_some_and(|first| first.etag.as_deref() == Some(&head.etag)) {
                return Ok(Some(Outcome::Known));
            }
        }
        Some(record) if Sequencer::is_old(sequencer.as_ref(), record.sequencer.as_ref()) => {
            return Ok(Some(Outcome::Known));
        }
        // The pointer was read before, and the record after, they were replaced together.
        None if pointer.is_some() => return Ok(None),
        // New bytes under a producer's key are a new asset, in the old one's place.
        Some(_) | None => {}
    }
    if !key.is_fetchable() {
        // What was under the key before has lost its bytes.
        if let Some(old) = &known
            && !overwritten(deps, workspace, old, key).await?
        {
            return Ok(None);
        }
        return Ok(Some(Outcome::Unfetchable));
    }
    let facts = facts(deps, &text, &head, sequencer.clone()).await?;
    let id = adoption::id(deps.objects.bucket(), key, seen, &head, attempt);
    let record = adoption::record(key, id, Some(digest), &head, &facts, deps.clock.now());
    let record = Record { created_by: seen.and_then(Seen::creator), ..record };
    let replaced = match &known {
        None => None,
        Some(old) => {
            let approved = old.asset.approved_version.is_some();
            let is_kept = approved || deps.store.has_versions(workspace, old.asset.id).await?;
            if is_kept && !overwritten(deps, workspace, old, key).await? {
                return Ok(None);
            }
            Some(Replaced { record: old, is_kept })
        }
    };
    Ok(match adopt(deps, workspace, &record, replaced, &settings).await? {
        // What this event told of was deleted, so what is there now came later.
        Some(Outcome::Orphaned) if seen.is_some_and(|seen| seen.sequencer.is_some()) => {
            Some(Outcome::Superseded)
        }
        // The same bytes within the same second, once before the delete and once after it: if the
        // object is still there when it is looked at again, it takes another id.
        Some(Outcome::Orphaned) => None,
        outcome => outcome,
    })
}

/// Whether a producer's object has other headers than those that its record was made from.
#[must_use]
pub fn is_described_anew(record: &Record, key: &ObjectKey, head: &Head) -> bool {
    let is_producers = matches!(key, ObjectKey::Upload { .. });
    let same = record.etag.as_deref() == Some(&head.etag);
    let known = record.headers.as_ref();
    is_producers && same && known.is_some_and(|known| *known != adoption::digest(head))
}

/// Brings what a producer says of an object up to date: the same bytes with other headers are the same
/// asset, whose reviews stand. None where the headers say nothing new, or the event is an old one; false
/// where something changed meanwhile.
async fn describe(
    deps: &Assets<'_>,
    key: &ObjectKey,
    record: &Record,
    head: &Head,
    sequencer: Option<Sequencer>,
    settings: &Settings,
) -> Result<Option<bool>> {
    let is_news = match &record.headers {
        Some(known) => *known != adoption::digest(head),
        // It was made before headers were kept: only what is written now can say something new.
        None => sequencer.is_some(),
    };
    if !is_news || Sequencer::is_old(sequencer.as_ref(), record.sequencer.as_ref()) {
        return Ok(None);
    }
    let now = deps.clock.now();
    let facts = facts(deps, &key.to_string(), head, sequencer.clone()).await?;
    let id = record.asset.id;
    let anew = adoption::record(key, id, record.pointer.clone(), head, &facts, now);
    let next = record.with_object(&facts, now).unwrap_or_else(|| Record {
        sequencer: sequencer.or(record.sequencer.clone()),
        ..record.clone()
    });
    let next = next.described_as(&anew, now);
    deps.store.replace_noted(key.workspace(), record, &next, settings, now).await.map(Some)
}

async fn complete(
    deps: &Assets<'_>,
    workspace: &WorkspaceId,
    record: &Record,
    head: &Head,
    sequencer: Option<Sequencer>,
    settings: &Settings,
) -> Result<Option<Outcome>> {
    if record.knows(&head.etag, sequencer.as_ref()) {
        return Ok(Some(Outcome::Known));
    }
    let key = record.asset.storage_key.as_deref().unwrap_or_default();
    let facts = facts(deps, key, head, sequencer).await?;
    let Some(next) = record.with_object(&facts, deps.clock.now()) else {
        let known = !record.is_approved() || is_of(record, head);
        return Ok(Some(if known { Outcome::Known } else { Outcome::Unexpected }));
    };
    let written = deps.store.replace(workspace, record, &next, settings).await?;
    Ok(written.then_some(came_of(next.asset.upload_status)))
}

/// Whether the object has the bytes that the record is of.
fn is_of(record: &Record, head: &Head) -> bool {
    record.is_of(&head.etag, head.checksum_sha256.as_ref())
}

/// What became of an event, by what the record says after it.
fn came_of(status: UploadStatus) -> Outcome {
    match status {
        UploadStatus::Missing => Outcome::MarkedMissing,
        UploadStatus::Pending | UploadStatus::Complete => Outcome::Completed,
    }
}

/// The object of a version that is not current. None where something changed meanwhile.
async fn complete_version(
    deps: &Assets<'_>,
    workspace: &WorkspaceId,
    record: &Record,
    read: &VersionRecord,
    head: &Head,
    sequencer: Option<Sequencer>,
    settings: &Settings,
) -> Result<Option<Outcome>> {
    let key = read.version.storage_key.as_deref().unwrap_or_default();
    let is_approved = record.asset.approved_version == Some(read.version.version);
    let other = is_approved && !read.is_of(&head.etag, head.checksum_sha256.as_ref());
    let next = if other {
        read.without_object(sequencer)
    } else {
        read.with_object(&facts(deps, key, head, sequencer).await?)
    };
    let Some(next) = next else {
        return Ok(Some(if other { Outcome::Unexpected } else { Outcome::Known }));
    };
    let now = deps.clock.now();
    let written = deps.store.replace_version(workspace, record, &next, settings, now).await?;
    Ok(written.then_some(came_of(next.version.upload_status)))
}

async fn adopt(
    deps: &Assets<'_>,
    workspace: &WorkspaceId,
    record: &Record,
    replaced: Option<Replaced<'_>>,
    settings: &Settings,
) -> Result<Option<Outcome>> {
    let now = deps.clock.now();
    Ok(match deps.store.adopt(workspace, record, replaced, settings, now).await? {
        Adopted::Yes => Some(Outcome::Adopted),
        Adopted::Deleted => Some(Outcome::Orphaned),
        Adopted::Raced => None,
    })
}

/// What the object's bytes, read by range, and S3 say.
async fn facts(
    deps: &Assets<'_>,
    key: &str,
    head: &Head,
    sequencer: Option<Sequencer>,
) -> Result<ObjectFacts> {
    let reader = deps.objects.reader(key, &head.etag);
    let media = media::probe(&reader, head.size, head.content_type.as_deref()).await?;
    let content_type = media.content_type.parse::<ContentType>().map_err(Error::internal)?;
    Ok(ObjectFacts {
        storage_key: key.to_owned(),
        etag: head.etag.clone(),
        file_size: head.size,
        content_type,
        checksum_sha256: head.checksum_sha256.clone(),
        width: media.width,
        height: media.height,
        duration_ms: media.duration_ms,
        duration_estimated: media.duration_estimated,
        sequencer,
    })
}

/// Notes that the first version of an asset that stays on record lost its bytes; false where something
/// changed meanwhile.
async fn overwritten(
    deps: &Assets<'_>,
    workspace: &WorkspaceId,
    old: &Record,
    key: &ObjectKey,
) -> Result<bool> {
    let (settings, now) = (Settings::default(), deps.clock.now());
    let text = key.to_string();
    if old.asset.storage_key.as_deref() == Some(&text) {
        let Some(next) = old.without_object(None, now) else { return Ok(true) };
        return deps.store.replace(workspace, old, &next, &settings).await;
    }
    let first = deps.store.version(workspace, old, 1).await?;
    let Some(next) = first.and_then(|first| first.without_object(None)) else { return Ok(true) };
    deps.store.replace_version(workspace, old, &next, &settings, now).await
}

/// The object of a version that is not current is gone. None where something changed meanwhile.
async fn version_gone(
    deps: &Assets<'_>,
    workspace: &WorkspaceId,
    record: &Record,
    key: &ObjectKey,
    sequencer: Option<Sequencer>,
) -> Result<Option<Outcome>> {
    let number = match key {
        ObjectKey::Asset { version, .. } => *version,
        // What a producer uploads is a first version.
        ObjectKey::Upload { .. } => 1,
    };
    let text = key.to_string();
    let read = deps.store.version(workspace, record, number).await?;
    let named = read.filter(|read| read.version.storage_key.as_deref() == Some(&text));
    let next = named.and_then(|read| read.without_object(sequencer));
    let Some(next) = next else { return Ok(Some(Outcome::Known)) };
    if deps.objects.head(&text).await?.is_some() {
        return Ok(Some(Outcome::Superseded));
    }
    let (settings, now) = (Settings::default(), deps.clock.now());
    let written = deps.store.replace_version(workspace, record, &next, &settings, now).await?;
    Ok(written.then_some(Outcome::MarkedMissing))
}
