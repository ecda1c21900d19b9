//! An object's coming, and the change that it makes to its asset.

use model::asset::{ObjectFacts, Record, Sequencer};
use model::due::Settings;
use model::store::{Adopted, Attempts, Replaced, keys};
use model::version::VersionRecord;
use model::{AssetId, Checksum, ContentType, Error, Result, UploadStatus, WorkspaceId};
use objects::{Head, ObjectKey, Objects, media};

use crate::event::{Outcome, Seen};
use crate::{Assets, adoption};

impl Assets<'_> {
    /// An object is there, by an event or, without one, because `cleanup` found it.
    pub async fn arrived(&self, key: &ObjectKey, seen: Option<&Seen>) -> Result<Outcome> {
        let mut attempts = Attempts::default();
        let mut attempt = 0;
        loop {
            attempts.next().await?;
            let outcome = match key {
                ObjectKey::Asset { id, version, .. } => {
                    registered(self, key, (*id, *version), seen).await?
                }
                ObjectKey::Upload { .. } => direct(self, key, seen, attempt).await?,
            };
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
            attempt += 1;
        }
    }
}

/// The object of a key that names its asset. None where the record changed meanwhile.
async fn registered(
    deps: &Assets<'_>,
    key: &ObjectKey,
    (id, version): (AssetId, u32),
    seen: Option<&Seen>,
) -> Result<Option<Outcome>> {
    let (workspace, text) = (key.workspace(), key.to_string());
    let (found, head, settings) = futures::try_join!(
        deps.store.find(workspace, id),
        deps.objects.head(&text),
        deps.store.settings(workspace),
    )?;
    let Some(head) = head else { return Ok(Some(Outcome::Superseded)) };
    let arrival = Arrival { deps, key, text, head, seen, settings };
    match found {
        Some(record) if record.deletion.is_some() => Ok(Some(Outcome::Orphaned)),
        Some(record) if record.asset.storage_key.as_deref() != Some(&arrival.text) => {
            arrival.of_version(&record, version).await
        }
        Some(record) => arrival.complete(&record).await,
        None => arrival.of_none(id, version).await,
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
    let arrival = Arrival { deps, key, text, head, seen, settings };
    let Some(id) = pointer else { return arrival.adopt_new(None, digest, attempt).await };
    // The pointer was read before, and the record after, they were replaced together.
    let Some(known) = deps.store.find(workspace, id).await? else { return Ok(None) };
    if known.deletion.is_some() {
        // When the delete is done, this is a new upload.
        return Err(Error::unavailable("the asset that had this key is being deleted"));
    }
    if known.etag.is_some() && is_of(&known, &arrival.head) {
        return match arrival.describe(&known).await? {
            None => arrival.complete(&known).await,
            Some(written) => Ok(written.then_some(Outcome::Completed)),
        };
    }
    if arrival.is_past(&known).await? {
        return Ok(Some(Outcome::Known));
    }
    arrival.adopt_new(Some(&known), digest, attempt).await
}

/// True if a producer's object has other headers than those that its record was made from.
#[must_use]
pub fn is_described_anew(record: &Record, key: &ObjectKey, head: &Head) -> bool {
    let is_producers = matches!(key, ObjectKey::Upload { .. });
    let same = record.etag.as_deref() == Some(&head.etag);
    let known = record.headers.as_ref();
    is_producers && same && known.is_some_and(|known| *known != adoption::digest(head))
}

/// An object that is there, with what its asset's record is written by.
struct Arrival<'a> {
    deps: &'a Assets<'a>,
    key: &'a ObjectKey,
    /// The key as the bucket has it.
    text: String,
    head: Head,
    /// The event that told of it, where one did.
    seen: Option<&'a Seen>,
    /// The workspace's.
    settings: Settings,
}

/// An outcome of none is that something changed meanwhile.
impl Arrival<'_> {
    fn workspace(&self) -> &WorkspaceId {
        self.key.workspace()
    }

    fn sequencer(&self) -> Option<&Sequencer> {
        self.seen?.sequencer.as_ref()
    }

    /// Completes the record that names this object.
    async fn complete(&self, record: &Record) -> Result<Option<Outcome>> {
        if record.knows(&self.head.etag, self.sequencer()) {
            return Ok(Some(Outcome::Known));
        }
        let key = record.asset.storage_key.as_deref().unwrap_or_default();
        let facts = self.facts(key).await?;
        let Some(next) = record.with_object(&facts, self.deps.clock.now()) else {
            let known = !record.is_approved() || is_of(record, &self.head);
            return Ok(Some(if known { Outcome::Known } else { Outcome::Unexpected }));
        };
        let (store, workspace) = (self.deps.store, self.workspace());
        let written = store.replace(workspace, record, &next, &self.settings).await?;
        Ok(written.then_some(came_of(next.asset.upload_status)))
    }

    /// Completes the version `number` of the asset, which is not its current one.
    async fn of_version(&self, record: &Record, number: u32) -> Result<Option<Outcome>> {
        match self.deps.store.version(self.workspace(), record, number).await? {
            Some(read) if read.version.removed_at.is_some() => Ok(Some(Outcome::Orphaned)),
            Some(read) if read.version.storage_key.as_deref() == Some(&self.text) => {
                self.complete_version(record, &read).await
            }
            Some(_) | None => Ok(Some(Outcome::Unexpected)),
        }
    }

    async fn complete_version(
        &self,
        record: &Record,
        read: &VersionRecord,
    ) -> Result<Option<Outcome>> {
        let is_approved = record.asset.approved_version == Some(read.version.version);
        let other = is_approved && !read.is_of(&self.head.etag, self.head.checksum_sha256.as_ref());
        let next = if other {
            read.without_object(self.sequencer().cloned())
        } else {
            read.with_object(&self.facts(&self.text).await?)
        };
        let Some(next) = next else {
            return Ok(Some(if other { Outcome::Unexpected } else { Outcome::Known }));
        };
        let (store, now) = (self.deps.store, self.deps.clock.now());
        let (workspace, settings) = (self.workspace(), &self.settings);
        let written = store.replace_version(workspace, record, &next, settings, now).await?;
        Ok(written.then_some(came_of(next.version.upload_status)))
    }

    /// Brings back the asset that the key names and that has no record, where it went for want of this
    /// object, or never had one.
    async fn of_none(&self, id: AssetId, version: u32) -> Result<Option<Outcome>> {
        match self.deps.store.deletion(self.workspace(), id).await? {
            Some(deletion) if deletion.deleted_because.is_for_want_of_object() => {}
            Some(_) => return Ok(Some(Outcome::Orphaned)),
            None if version != 1 => return Ok(Some(Outcome::Unexpected)),
            None => {}
        }
        let facts = self.facts(&self.text).await?;
        self.adopt(&self.record(id, None, &facts), None).await
    }

    /// Brings what a producer says of an object up to date: the same bytes with other headers are the same
    /// asset, whose reviews stand. None where the headers say nothing new, or the event is an old one; false
    /// where something changed meanwhile.
    async fn describe(&self, record: &Record) -> Result<Option<bool>> {
        let sequencer = self.sequencer();
        let is_news = match &record.headers {
            Some(known) => *known != adoption::digest(&self.head),
            // It was made before headers were kept: only what is written now can say something new.
            None => sequencer.is_some(),
        };
        if !is_news || Sequencer::is_old(sequencer, record.sequencer.as_ref()) {
            return Ok(None);
        }
        let now = self.deps.clock.now();
        let facts = self.facts(&self.text).await?;
        let anew = self.record(record.asset.id, record.pointer.clone(), &facts);
        let next = record.with_object(&facts, now).unwrap_or_else(|| Record {
            sequencer: sequencer.or(record.sequencer.as_ref()).cloned(),
            ..record.clone()
        });
        let next = next.described_as(&anew, now);
        let (store, workspace) = (self.deps.store, self.workspace());
        store.replace_noted(workspace, record, &next, &self.settings, now).await.map(Some)
    }

    /// True if a producer's asset had these bytes before those that it has, or the event is an old one.
    async fn is_past(&self, record: &Record) -> Result<bool> {
        if record.asset.storage_key.as_deref() == Some(&self.text) {
            return Ok(Sequencer::is_old(self.sequencer(), record.sequencer.as_ref()));
        }
        let first = self.deps.store.version(self.workspace(), record, 1).await?;
        Ok(first.is_some_and(|first| first.etag.as_deref() == Some(&self.head.etag)))
    }

    /// Makes an asset of new bytes under a producer's key, in the place of the one that had the key. Under
    /// a key that no client can ask for, that one has lost its bytes all the same.
    async fn adopt_new(
        &self,
        old: Option<&Record>,
        pointer: Checksum,
        attempt: usize,
    ) -> Result<Option<Outcome>> {
        if !self.key.is_fetchable() {
            if let Some(old) = old
                && !self.overwrite(old).await?
            {
                return Ok(None);
            }
            return Ok(Some(Outcome::Unfetchable));
        }
        let facts = self.facts(&self.text).await?;
        let bucket = self.deps.objects.bucket();
        let id = adoption::id(bucket, self.key, self.seen, &self.head, attempt);
        let record = self.record(id, Some(pointer), &facts);
        let mut replaced = None;
        if let Some(old) = old {
            let approved = old.asset.approved_version.is_some();
            let store = self.deps.store;
            let is_kept = approved || store.has_versions(self.workspace(), old.asset.id).await?;
            if is_kept && !self.overwrite(old).await? {
                return Ok(None);
            }
            replaced = Some(Replaced { record: old, is_kept });
        }
        Ok(match self.adopt(&record, replaced).await? {
            // What this event told of was deleted, so what is there now came later.
            Some(Outcome::Orphaned) if self.sequencer().is_some() => Some(Outcome::Superseded),
            // The same bytes within the same second, once before the delete and once after it: if the
            // object is still there when it is looked at again, it takes another id.
            Some(Outcome::Orphaned) => None,
            outcome => outcome,
        })
    }

    async fn adopt(
        &self,
        record: &Record,
        replaced: Option<Replaced<'_>>,
    ) -> Result<Option<Outcome>> {
        let (store, now) = (self.deps.store, self.deps.clock.now());
        let adopted = store.adopt(self.workspace(), record, replaced, &self.settings, now).await?;
        Ok(match adopted {
            Adopted::Yes => Some(Outcome::Adopted),
            Adopted::Deleted => Some(Outcome::Orphaned),
            Adopted::Raced => None,
        })
    }

    /// Notes that the first version of an asset that stays on record lost its bytes; false where something
    /// changed meanwhile.
    async fn overwrite(&self, old: &Record) -> Result<bool> {
        let (store, workspace) = (self.deps.store, self.workspace());
        let (settings, now) = (Settings::default(), self.deps.clock.now());
        if old.asset.storage_key.as_deref() == Some(&self.text) {
            let Some(next) = old.without_object(None, now) else { return Ok(true) };
            return store.replace(workspace, old, &next, &settings).await;
        }
        let first = store.version(workspace, old, 1).await?;
        let Some(next) = first.and_then(|first| first.without_object(None)) else {
            return Ok(true);
        };
        store.replace_version(workspace, old, &next, &settings, now).await
    }

    /// The record of this object as one that nobody registered.
    fn record(&self, id: AssetId, pointer: Option<Checksum>, facts: &ObjectFacts) -> Record {
        let now = self.deps.clock.now();
        let record = adoption::record(self.key, id, pointer, &self.head, facts, now);
        Record { created_by: self.seen.and_then(Seen::creator), ..record }
    }

    /// The facts about the object under `key`.
    async fn facts(&self, key: &str) -> Result<ObjectFacts> {
        let sequencer = self.sequencer().cloned();
        facts(self.deps.objects, key, &self.head, sequencer).await
    }
}

/// The facts about an object that its bytes, read by range, and S3 tell.
pub(crate) async fn facts(
    objects: &Objects,
    key: &str,
    head: &Head,
    sequencer: Option<Sequencer>,
) -> Result<ObjectFacts> {
    let reader = objects.reader(key, &head.etag);
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

/// True if the object has the bytes that the record is of.
fn is_of(record: &Record, head: &Head) -> bool {
    record.is_of(&head.etag, head.checksum_sha256.as_ref())
}

/// The outcome of an event, by what the record says after it.
fn came_of(status: UploadStatus) -> Outcome {
    match status {
        UploadStatus::Missing => Outcome::MarkedMissing,
        UploadStatus::Pending | UploadStatus::Complete => Outcome::Completed,
    }
}
