//! New assets.

use model::asset::Record;
use model::store::{Attempts, Claims, Created};
use model::version::VersionRecord;
use model::{
    Actor, Asset, AssetId, AssetType, Checksum, Creator, Error, IdempotencyKey, Result, Status,
    Timestamp, UploadStatus, WorkspaceId,
};
use objects::ObjectKey;
use objects::media::Media;

use crate::Assets;
use crate::file::{File, PendingUpload, is_worn};
use crate::request::{Bytes, NewAsset};

/// What a request for an asset has made, or found.
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
            Bytes::Upload(_) if pending => self.awaiting_upload(workspace, record, now).await?,
            Bytes::Inline { text, .. } if pending => {
                (self.store_inline(workspace, record, text, &file.media).await?, None)
            }
            Bytes::Upload(_) | Bytes::Inline { .. } | Bytes::None => (record, None),
        };
        Ok(NewOrKnown::New(record.into(), upload))
    }

    /// Whether the object of a listed record is there, with the bytes that the record tells of.
    async fn is_there(&self, record: &Record) -> Result<bool> {
        let Some(key) = record.asset.storage_key.as_deref() else { return Ok(false) };
        let head = self.objects.head(key).await?;
        Ok(head.is_some_and(|head| record.etag.as_ref().is_none_or(|etag| *etag == head.etag)))
    }

    /// The pending asset with a link to upload its file: the last one while that has half its life, so that
    /// a repeated request gives the same answer; later a new one, from which on the file is waited for. None
    /// where the file has come meanwhile.
    async fn awaiting_upload(
        &self,
        workspace: &WorkspaceId,
        mut record: Record,
        now: Timestamp,
    ) -> Result<(Record, Option<PendingUpload>)> {
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            if record.asset.upload_status != UploadStatus::Pending {
                return Ok((record, None));
            }
            let last = record.link_at.unwrap_or(record.asset.created_at);
            let renews = is_worn(last, now);
            if !renews || self.store.renew_link(workspace, &record, now).await? {
                let pending = VersionRecord::current(&record, None).version;
                let upload = self.sign_upload(&pending, if renews { now } else { last }).await?;
                return Ok((record, Some(upload)));
            }
            record = self.store.get(workspace, record.asset.id).await?;
        }
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
    let asset_type = match (request.asset_type, &file.content_type) {
        (Some(said), Some(told)) => Some(said.following(false, file.declared.as_ref(), told)),
        (said, told) => said.or_else(|| told.as_ref().map(AssetType::of)),
    };
    let asset_type = asset_type.ok_or_else(|| Error::field("type", AssetType::EXPECTED))?;
    let storage_key = file.name.clone().map(|file_name| {
        ObjectKey::Asset { workspace: workspace.clone(), id, version: 1, file_name }.to_string()
    });
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
