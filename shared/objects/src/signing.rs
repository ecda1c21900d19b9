//! Presigned URLs. Signing is arithmetic: no request leaves the process.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Asset, Checksum, ContentType, Error, Result, Timestamp};

use crate::client::Objects;
use crate::disposition::Disposition;
use crate::key::ExportKey;

/// A URL that works for whoever has it, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Where.
    pub url: String,
    /// Until when: never later than the credentials that signed it.
    pub expires_at: Timestamp,
}

/// The terms of an upload.
#[derive(Debug, Clone)]
pub struct UploadTerms {
    /// Its MIME type.
    pub content_type: ContentType,
    /// Its size in bytes, where known.
    pub file_size: Option<u64>,
    /// Its SHA-256, where known.
    pub checksum_sha256: Option<Checksum>,
}

/// A signed upload: a `PUT` of the bytes to the URL with exactly these headers, and those that every client
/// sends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUpload {
    /// Where, until when.
    pub signed: Signed,
    /// Signed too: with others the upload is refused.
    pub headers: BTreeMap<String, String>,
}

impl Objects {
    /// A link, signed at `now`, that downloads the asset's current version for `seconds`, or as
    /// long as the signature is sure to hold.
    pub async fn sign_download(
        &self,
        asset: &Asset,
        key: &str,
        disposition: Disposition,
        seconds: u64,
        now: Timestamp,
    ) -> Result<Signed> {
        let unknown = || "application/octet-stream".parse().map_err(Error::internal);
        let content_type = asset.content_type.clone().map_or_else(unknown, Ok)?;
        let disposition = disposition.header(&content_type, asset.file_name.as_ref());
        self.sign_get(key, &content_type, disposition, seconds, now).await
    }

    /// A link, signed at `now`, that downloads an export's archive.
    pub async fn sign_archive(
        &self,
        key: &ExportKey,
        seconds: u64,
        now: Timestamp,
    ) -> Result<Signed> {
        let content_type = "application/zip".parse().map_err(Error::internal)?;
        let name = format!("export-{}.zip", key.id).parse().map_err(Error::internal)?;
        let disposition = Disposition::Attachment.header(&content_type, Some(&name));
        self.sign_get(&key.archive(), &content_type, disposition, seconds, now).await
    }

    async fn sign_get(
        &self,
        key: &str,
        content_type: &ContentType,
        disposition: String,
        seconds: u64,
        now: Timestamp,
    ) -> Result<Signed> {
        let (config, expires_at) = self.presigning(seconds, now)?;
        let presigned = self
            .signer
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(disposition)
            .response_content_type(content_type.as_str())
            .presigned(config)
            .await
            .map_err(Error::internal)?;
        Ok(Signed { url: presigned.uri().to_owned(), expires_at })
    }

    /// A link, signed at `now`, by which what fits `terms` can be uploaded once, for `seconds`.
    pub async fn sign_upload(
        &self,
        key: &str,
        terms: &UploadTerms,
        seconds: u64,
        now: Timestamp,
    ) -> Result<SignedUpload> {
        let (config, expires_at) = self.presigning(seconds, now)?;
        let size = terms.file_size.map(i64::try_from).transpose().map_err(Error::internal)?;
        let checksum = terms.checksum_sha256.as_ref().map(|sum| STANDARD.encode(sum.bytes()));
        let presigned = self
            .signer
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(terms.content_type.as_str())
            .set_content_length(size)
            .set_checksum_sha256(checksum)
            .if_none_match("*")
            .presigned(config)
            .await
            .map_err(Error::internal)?;
        // The length is signed where it is known, but a script in a browser may not set it, nor need any client:
        // each sends the length of what it sends.
        let headers = presigned.headers().filter(|(name, _)| {
            !["content-length", "host"].iter().any(|own| name.eq_ignore_ascii_case(own))
        });
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(SignedUpload {
            headers: headers.collect(),
            signed: Signed { url: presigned.uri().to_owned(), expires_at },
        })
    }

    fn presigning(&self, seconds: u64, now: Timestamp) -> Result<(PresigningConfig, Timestamp)> {
        let seconds = self.signature_life.map_or(seconds, |life| seconds.min(life));
        // Signatures know whole seconds.
        let now = Timestamp::from_millis(now.seconds() * 1000);
        let since = Duration::from_millis(now.millis().unsigned_abs());
        let config = PresigningConfig::builder()
            .start_time(SystemTime::UNIX_EPOCH + since)
            .expires_in(Duration::from_secs(seconds))
            .build()
            .map_err(Error::internal)?;
        let life = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Ok((config, now.plus(life)))
    }
}
