//! New assets.

use model::asset::Record;
use model::store::{Attempts, Claims, Created};
use model::version::VersionRecord;
use model::{
    Actor, Asset, AssetId, AssetType, Checksum, Creator, Error, IdempotencyKey, Result, Status,
    Timestamp, UploadStatus, WorkspaceId,
};
use objects::media::Media;

use crate::Assets;
use crate::file::{File, PendingUpload};
use crate::request::{Bytes, NewAsset};

/// The asset that a request has made, or found.
#[derive(Debug)]
pub enum NewOrKnown {
    /// An asset, with how its file is uploaded where that is still to come.
    New(Box<Record>, Option<PendingUpload>),
    /// The workspace had these bytes from this provenance.
    Known(Box<Record>),
}

impl Assets<'_> {
    /// Makes an asset in the name of `actor`. `idempotency` is the request's key, and the digest of all that it
    /// says: with both as they were, nothing is made a second time.
    ///
    /// [`Error::Field`] and [`Error::TooLarge`] where the request is not what it may be; and the errors of
    /// [`model::Store::create`].
    pub async fn create(
        &self,
        workspace: &WorkspaceId,
        actor: Actor,
        mut request: NewAsset,
        idempotency: Option<(IdempotencyKey, Checksum)>,
    ) -> Result<NewOrKnown> {
        let now = self.clock.now();
        let bytes = request.bytes(now)?;
        let file = File::of(&bytes)?;
        let record = record(workspace, request, &file, now)?;
        let record = Record { created_by: Some(Creator::Key(actor)), ..record };
        let mut claims = Claims {
            request: idempotency,
            bytes: match &bytes {
                Bytes::Upload(upload) => upload.checksum_sha256.clone(),
                Bytes::Inline { .. } | Bytes::None => None,
            },
            lost: None,
        };
        let mut created = self.store.create(workspace, record.clone(), &claims, now).await?;
        if let Created::Duplicate(found) = &created
            && !self.is_there(found).await?
        {
            claims.lost = Some(found.asset.id);
            created = self.store.create(workspace, record, &claims, now).await?;
        }
        let record = match created {
            Created::Duplicate(record) => return Ok(NewOrKnown::Known(record.into())),
            Created::Registered(record) => record,
        };
        let pending = record.asset.upload_status == UploadStatus::Pending;
        let (record, upload) = match bytes {
            Bytes::Upload(_) if pending => {
                let first = VersionRecord::current(&record, None);
                let awaited = self.awaiting_upload(workspace, record, first, now).await?;
                (awaited.0, awaited.2)
            }
            Bytes::Inline { text, .. } if pending => {
                (self.store_inline(workspace, record, text, &file.media).await?, None)
            }
            Bytes::Upload(_) | Bytes::Inline { .. } | Bytes::None => (record, None),
        };
        Ok(NewOrKnown::New(record.into(), upload))
    }

    /// True if the object of a listed record is there, with the bytes that the record tells of.
    async fn is_there(&self, record: &Record) -> Result<bool> {
        let Some(key) = record.asset.storage_key.as_deref() else { return Ok(false) };
        let head = self.objects.head(key).await?;
        Ok(head.is_some_and(|head| record.etag.as_ref().is_none_or(|etag| *etag == head.etag)))
    }

    /// Puts the content under the record's key and completes the record. An attempt that stopped in
    /// between is gone on with by the next with its idempotency key, or by the object's own event.
    async fn store_inline(
        &self,
        workspace: &WorkspaceId,
        record: Record,
        text: String,
        media: &Media,
    ) -> Result<Record> {
        let pending = VersionRecord::current(&record, None).version;
        let facts = self.put_inline(&pending, text, media).await?;
        let settings = self.store.settings(workspace).await?;
        let mut read = record;
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let Some(next) = read.with_object(&facts, self.clock.now()) else { return Ok(read) };
            if self.store.replace(workspace, &read, &next, &settings).await? {
                return Ok(Record { revision: read.revision + 1, ..next });
            }
            read = self.store.get(workspace, read.asset.id).await?;
        }
    }
}

/// The record of a new asset, whose object is still to come if it has one.
fn record(
    workspace: &WorkspaceId,
    request: NewAsset,
    file: &File,
    now: Timestamp,
) -> Result<Record> {
    let id = AssetId::generate(now);
    let type_is_derived = request.asset_type.is_none();
    let asset_type = asset_type(request.asset_type, file)?;
    let storage_key = file.key(workspace, id, 1);
    let asset = Asset {
        id,
        workspace_id: workspace.clone(),
        execution_id: request.execution_id,
        agent_id: request.agent_id,
        conversation_id: request.conversation_id,
        run_id: request.run_id,
        campaign_id: request.campaign_id,
        asset_type,
        provider: request.provider,
        model: request.model,
        tool: request.tool,
        title: request.title,
        prompt: request.prompt,
        file_name: file.name.clone(),
        file_size: file.size,
        content_type: file.content_type.clone(),
        upload_status: match storage_key {
            Some(_) => UploadStatus::Pending,
            None => UploadStatus::Complete,
        },
        storage_key,
        checksum_sha256: file.checksum.clone(),
        width: None,
        height: None,
        duration_ms: None,
        duration_estimated: false,
        generation: request.generation,
        parents: request.parents,
        tags: request.tags,
        status: Status::Draft,
        version: 1,
        approved_version: None,
        metadata: request.metadata,
        expires_at: request.expires_at,
        created_at: id.created_at(),
        updated_at: now,
    };
    asset.check_size()?;
    Ok(Record { type_is_derived, ..Record::new(asset) })
}

/// The type that a caller said, as far as it fits what the bytes tell, or what they tell.
fn asset_type(said: Option<AssetType>, file: &File) -> Result<AssetType> {
    let found = match (said, &file.content_type) {
        (Some(said), Some(told)) => Some(said.following(false, file.declared.as_ref(), told)),
        (said, told) => said.or_else(|| told.as_ref().map(AssetType::of)),
    };
    found.ok_or_else(|| Error::field("type", AssetType::EXPECTED))
}
