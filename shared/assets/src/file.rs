//! A file before it is there: what is known of it, a signed upload for it, and small text that is stored at once.

use std::collections::BTreeMap;

use model::store::Attempts;
use model::text::Invalid;
use model::version::{Version, VersionRecord};
use model::{
    AssetId, Checksum, ContentType, Error, FileName, ObjectFacts, Record, Result, Timestamp,
    UploadStatus, WorkspaceId,
};
use objects::media::{self, Media};
use objects::{Lifetime, ObjectKey, UploadTerms};
use serde::Serialize;

use crate::Assets;
use crate::request::Bytes;

/// The upload of a file that is still to come.
#[derive(Debug, Clone, Serialize)]
pub struct PendingUpload {
    /// Always `PUT`.
    pub method: &'static str,
    /// The address that the file goes to.
    pub url: String,
    /// Headers to send with it, as they are.
    pub headers: BTreeMap<String, String>,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// A file before it is there, as far as it is known.
#[derive(Default)]
pub(crate) struct File {
    pub(crate) name: Option<FileName>,
    /// The type that it is said to have.
    pub(crate) declared: Option<ContentType>,
    /// Its type: by its bytes where these are at hand, else as it is said to be.
    pub(crate) content_type: Option<ContentType>,
    pub(crate) size: Option<u64>,
    pub(crate) checksum: Option<Checksum>,
    /// The media that its bytes are, where these are at hand.
    pub(crate) media: Media,
}

impl File {
    pub(crate) fn of(bytes: &Bytes) -> Result<Self> {
        Ok(match bytes {
            Bytes::Upload(upload) => Self {
                name: Some(upload.file_name.visible()),
                declared: Some(upload.content_type.clone()),
                content_type: Some(upload.content_type.clone()),
                size: upload.file_size,
                checksum: upload.checksum_sha256.clone(),
                media: Media::default(),
            },
            Bytes::Inline { text, content_type: declared } => {
                let media = media::probe_text(text, declared.as_str());
                let content_type: ContentType =
                    media.content_type.parse().map_err(|e: Invalid| Error::internal(e))?;
                Self {
                    name: Some(inline_name(&content_type)?),
                    declared: Some(declared.clone()),
                    content_type: Some(content_type),
                    size: Some(u64::try_from(text.len()).map_err(Error::internal)?),
                    checksum: Some(Checksum::of(text.as_bytes())),
                    media,
                }
            }
            Bytes::None => Self::default(),
        })
    }

    /// The key that the file is stored under as this version of the asset; none where there is no file.
    pub(crate) fn key(&self, workspace: &WorkspaceId, id: AssetId, version: u32) -> Option<String> {
        let (workspace, file_name) = (workspace.clone(), self.name.clone()?);
        Some(ObjectKey::Asset { workspace, id, version, file_name }.to_string())
    }
}

fn inline_name(content_type: &ContentType) -> Result<FileName> {
    let extension = match content_type.essence() {
        "text/markdown" => "md",
        "text/html" => "html",
        "text/csv" => "csv",
        "application/json" => "json",
        "image/svg+xml" => "svg",
        _ => "txt",
    };
    format!("content.{extension}").parse().map_err(|e: Invalid| Error::internal(e))
}

/// True if a link that was signed at `last` has less than half its life left.
fn is_worn(last: Timestamp, now: Timestamp) -> bool {
    now >= last.plus(i64::try_from(Lifetime::DEFAULT * 500).unwrap_or_default())
}

impl Assets<'_> {
    /// The pending version with a link to upload its file: the last one while that has half its life, so that
    /// a repeated request gives the same answer; later a new one, from which on the file is waited for. None
    /// where the file has come meanwhile. The asset and the version come back as they are then.
    pub(crate) async fn awaiting_upload(
        &self,
        workspace: &WorkspaceId,
        mut record: Record,
        mut read: VersionRecord,
        now: Timestamp,
    ) -> Result<(Record, Version, Option<PendingUpload>)> {
        let (id, number) = (record.asset.id, read.version.version);
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            if read.version.upload_status != UploadStatus::Pending {
                return Ok((record, read.version, None));
            }
            let last = read.link_at.unwrap_or(read.version.created_at);
            let renews = is_worn(last, now);
            if !renews || self.renew_link(workspace, &record, &read, now).await? {
                let signed_at = if renews { now } else { last };
                let upload = self.sign_upload(&read.version, signed_at).await?;
                return Ok((record, read.version, Some(upload)));
            }
            record = self.store.get(workspace, id).await?;
            let found = self.store.version(workspace, &record, number).await?;
            read = found.ok_or(Error::NotFound)?;
        }
    }

    /// Notes that a link is signed at `now`; false where what was read has changed since. The current version
    /// has no item of its own while its file is to come.
    async fn renew_link(
        &self,
        workspace: &WorkspaceId,
        record: &Record,
        read: &VersionRecord,
        now: Timestamp,
    ) -> Result<bool> {
        if read.version.version == record.asset.version {
            self.store.renew_link(workspace, record, now).await
        } else {
            self.store.renew_version_link(workspace, record.asset.id, read, now).await
        }
    }

    /// Signs the upload of a pending version as of `signed_at`.
    async fn sign_upload(&self, pending: &Version, signed_at: Timestamp) -> Result<PendingUpload> {
        let terms = UploadTerms {
            content_type: pending.content_type.clone().ok_or_else(incomplete)?,
            file_size: pending.file_size,
            checksum_sha256: pending.checksum_sha256.clone(),
        };
        let key = pending.storage_key.as_deref().ok_or_else(incomplete)?;
        let upload = self.objects.sign_upload(key, &terms, Lifetime::DEFAULT, signed_at).await?;
        Ok(PendingUpload {
            method: "PUT",
            url: upload.signed.url,
            headers: upload.headers,
            expires_at: upload.signed.expires_at,
        })
    }

    /// Puts the content under the key of a pending version, unless an earlier attempt did; what is known of
    /// it then.
    pub(crate) async fn put_inline(
        &self,
        pending: &Version,
        text: String,
        media: &Media,
    ) -> Result<ObjectFacts> {
        let storage_key = pending.storage_key.clone().ok_or_else(incomplete)?;
        let content_type = pending.content_type.clone().ok_or_else(incomplete)?;
        let file_size = u64::try_from(text.len()).map_err(Error::internal)?;
        let checksum = Checksum::of(text.as_bytes());
        let put = self.objects.put_new(&storage_key, text.into_bytes(), &content_type).await?;
        let etag = match put {
            Some(etag) => etag,
            None => self.objects.head(&storage_key).await?.ok_or(Error::NotFound)?.etag,
        };
        Ok(ObjectFacts {
            storage_key,
            etag,
            file_size,
            content_type,
            checksum_sha256: Some(checksum),
            width: media.width,
            height: media.height,
            duration_ms: media.duration_ms,
            duration_estimated: media.duration_estimated,
            sequencer: None,
        })
    }
}

fn incomplete() -> Error {
    Error::internal("a pending file without a key or content type")
}
