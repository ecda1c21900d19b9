//! New versions of assets.

use model::store::Attempts;
use model::version::{Version, VersionRecord};
use model::{
    Actor, AssetId, Checksum, Error, IdempotencyKey, Record, Result, Seen, Timestamp, UploadStatus,
    WorkspaceId,
};
use objects::ObjectKey;
use objects::media::Media;

use crate::Assets;
use crate::file::{File, PendingUpload, is_worn};
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
            let file_name = file.name.clone().ok_or_else(|| Error::internal("no file name"))?;
            let key = ObjectKey::Asset { workspace: workspace.clone(), id, version, file_name };
            Ok(Version {
                version,
                upload_status: UploadStatus::Pending,
                file_name: file.name.clone(),
                file_size: file.size,
                content_type: file.content_type.clone(),
                storage_key: Some(key.to_string()),
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
            Bytes::Upload(_) if pending => self.link_version(workspace, &record, stored, now).await,
            Bytes::Upload(_) | Bytes::Inline { .. } | Bytes::None => Ok((stored.version, None)),
        }
    }

    /// The pending version with a link to upload its file, as a new asset has one.
    async fn link_version(
        &self,
        workspace: &WorkspaceId,
        record: &Record,
        mut read: VersionRecord,
        now: Timestamp,
    ) -> Result<(Version, Option<PendingUpload>)> {
        let id = record.asset.id;
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            if read.version.upload_status != UploadStatus::Pending {
                return Ok((read.version, None));
            }
            let last = read.link_at.unwrap_or(read.version.created_at);
            let renews = is_worn(last, now);
            if !renews || self.store.renew_version_link(workspace, id, &read, now).await? {
                let version = read.version;
                let upload = self.sign_upload(&version, if renews { now } else { last }).await?;
                return Ok((version, Some(upload)));
            }
            let record = self.store.get(workspace, id).await?;
            let found = self.store.version(workspace, &record, read.version.version).await?;
            read = found.ok_or(Error::NotFound)?;
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
