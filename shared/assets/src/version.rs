//! New versions of assets.

use model::store::Attempts;
use model::version::{Version, VersionRecord};
use model::{
    Actor, AssetId, Checksum, Error, IdempotencyKey, Record, Result, Seen, UploadStatus,
    WorkspaceId,
};
use objects::media::Media;

use crate::Assets;
use crate::file::{File, PendingUpload};
use crate::request::{Bytes, NewVersion};

impl Assets<'_> {
    /// Makes a version of the asset as it was `seen`, in the name of `actor`; with how its file is uploaded
    /// where that is still to come. It becomes the current one, as a draft, once its file is there.
    ///
    /// [`Error::Field`] and [`Error::TooLarge`] where the request is not what it may be; and the errors of
    /// [`model::Store::add_version`].
    pub async fn add_version(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        seen: &Seen,
        actor: &Actor,
        mut request: NewVersion,
        idempotency: Option<&(IdempotencyKey, Checksum)>,
    ) -> Result<(Version, Option<PendingUpload>)> {
        let now = self.clock.now();
        let bytes = request.bytes()?;
        let (file, provenance) = (File::of(&bytes)?, request.provenance());
        let make = |version: u32| {
            let key = file.key(workspace, id, version);
            Ok(Version {
                version,
                upload_status: UploadStatus::Pending,
                file_name: file.name.clone(),
                file_size: file.size,
                content_type: file.content_type.clone(),
                storage_key: Some(key.ok_or_else(|| Error::internal("no file name"))?),
                checksum_sha256: file.checksum.clone(),
                width: None,
                height: None,
                duration_ms: None,
                duration_estimated: false,
                provenance: provenance.clone(),
                created_by: Some(actor.clone()),
                created_at: now,
                removed_at: None,
            })
        };
        let added = self.store.add_version(workspace, id, seen, idempotency, now, make).await?;
        let (record, stored) = added;
        let pending = stored.version.upload_status == UploadStatus::Pending;
        match bytes {
            Bytes::Inline { text, .. } if pending => {
                Ok((self.store_version(workspace, record, stored, text, &file.media).await?, None))
            }
            Bytes::Upload(_) if pending => {
                let (_, version, upload) =
                    self.awaiting_upload(workspace, record, stored, now).await?;
                Ok((version, upload))
            }
            Bytes::Upload(_) | Bytes::Inline { .. } | Bytes::None => Ok((stored.version, None)),
        }
    }

    /// Puts the content under the version's key and completes the version. An attempt that stopped in
    /// between is gone on with by the next with its idempotency key, or by the object's own event.
    async fn store_version(
        &self,
        workspace: &WorkspaceId,
        mut record: Record,
        mut read: VersionRecord,
        text: String,
        media: &Media,
    ) -> Result<Version> {
        let facts = self.put_inline(&read.version, text, media).await?;
        let settings = self.store.settings(workspace).await?;
        let (id, number) = (record.asset.id, read.version.version);
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let Some(next) = read.with_object(&facts) else { return Ok(read.version) };
            let now = self.clock.now();
            if self.store.replace_version(workspace, &record, &next, &settings, now).await? {
                return Ok(next.version);
            }
            record = self.store.get(workspace, id).await?;
            let found = self.store.version(workspace, &record, number).await?;
            read = found.ok_or(Error::NotFound)?;
        }
    }
}
