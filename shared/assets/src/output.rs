//! Outputs of generations, as assets.

use model::asset::{ObjectFacts, Record};
use model::store::{Adopted, Attempts};
use model::{
    AssetId, Checksum, ContentType, Deletion, DeletionReason, Error, FileName, Result,
    UploadStatus, WorkspaceId,
};

use crate::Assets;
use crate::arrival::facts;

impl Assets<'_> {
    /// Completes the asset of an output whose file is stored under the key that `draft` names: as the file is, and
    /// otherwise as the draft says. False where the asset was deleted, and is not to come back. Doing it again changes
    /// nothing; neither does the event of the file, before or after.
    pub async fn complete_output(
        &self,
        workspace: &WorkspaceId,
        draft: &Record,
        checksum: Option<&Checksum>,
    ) -> Result<bool> {
        let id = draft.asset.id;
        let key = draft.asset.storage_key.as_deref().unwrap_or_default();
        let head = self.objects.head(key).await?.ok_or(Error::NotFound)?;
        let mut facts = facts(self.objects, key, &head, None).await?;
        facts.checksum_sha256 = facts.checksum_sha256.or_else(|| checksum.cloned());
        let settings = self.store.settings(workspace).await?;
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let (found, now) = (self.store.find(workspace, id).await?, self.clock.now());
            let Some(read) = found else {
                // It was given up for want of its file.
                let record = completed(draft, draft, &facts, now);
                match self.store.adopt(workspace, &record, None, &settings, now).await? {
                    Adopted::Yes => return Ok(true),
                    Adopted::Deleted => return Ok(false),
                    Adopted::Raced => continue,
                }
            };
            if read.deletion.is_some() {
                return Ok(false);
            }
            let next = completed(&read, draft, &facts, now);
            let is_known = read.etag == next.etag && read.asset.generation == next.asset.generation;
            if is_known || self.store.replace(workspace, &read, &next, &settings).await? {
                return Ok(true);
            }
        }
    }

    /// Removes an asset that waits for an output which there will not be.
    pub async fn give_up_output(&self, workspace: &WorkspaceId, id: AssetId) -> Result<()> {
        let found = self.store.find(workspace, id).await?;
        let waiting = found.filter(|record| {
            record.deletion.is_none() && record.asset.upload_status == UploadStatus::Pending
        });
        let Some(read) = waiting else { return Ok(()) };
        let deletion =
            Deletion { deleted_at: self.clock.now(), deleted_because: DeletionReason::Abandoned };
        match self.store.tombstone_unchanged(workspace, &read, deletion).await? {
            Some(tombstone) => self.finish_delete(workspace, &tombstone).await,
            // Something came, or somebody else was faster.
            None => Ok(()),
        }
    }
}

/// The record with the file, and with what the draft says of how it was made.
fn completed(read: &Record, draft: &Record, facts: &ObjectFacts, now: model::Timestamp) -> Record {
    let mut next = read.with_object(facts, now).unwrap_or_else(|| read.changed(now));
    next.asset.generation.clone_from(&draft.asset.generation);
    if next.asset.checksum_sha256.is_none() {
        next.asset.checksum_sha256.clone_from(&facts.checksum_sha256);
    }
    if next.asset.file_name.is_none() {
        next.asset.file_name = file_name(draft, &facts.content_type);
    }
    next
}

/// The name that a download of it is saved under: the tool's, with the extension of its type.
fn file_name(draft: &Record, content_type: &ContentType) -> Option<FileName> {
    let tool = draft.asset.tool.as_ref()?;
    let name = match extension(content_type.essence()) {
        Some(extension) => format!("{tool}.{extension}"),
        None => tool.to_string(),
    };
    name.parse().ok()
}

/// The extension that files of a type have which media tools make.
fn extension(essence: &str) -> Option<&'static str> {
    Some(match essence {
        "application/json" => "json",
        "audio/aac" => "aac",
        "audio/flac" => "flac",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "audio/wav" | "audio/x-wav" | "audio/vnd.wave" => "wav",
        "image/gif" => "gif",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/svg+xml" => "svg",
        "image/webp" => "webp",
        "text/plain" => "txt",
        "text/vtt" => "vtt",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/webm" => "webm",
        _ => return None,
    })
}
