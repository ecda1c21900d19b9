//! An object that is written while its bytes come, in as much memory as a few parts take.

use std::mem;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::EncodingType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use model::{Checksum, Error, Result};
use sha2::{Digest, Sha256};

use crate::client::{Objects, decoded, failure};
use crate::upload::{Multipart, PART};

/// The most parts that are sent at a time: while one fills, which takes as long as the bytes take to come.
const AT_ONCE: usize = 1;

/// What was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Bytes.
    pub size: u64,
    /// Of all bytes.
    pub sha256: Checksum,
    /// Without quotes.
    pub etag: String,
}

/// The reason why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum Unstored<E> {
    /// The bytes did not come.
    #[error(transparent)]
    Source(E),
    /// The bucket did not take them.
    #[error(transparent)]
    Bucket(#[from] Error),
}

impl Objects {
    /// Stores the bytes as they come, whatever was at the key. Nothing is there before all have come, and nothing
    /// of it is left where they do not.
    ///
    /// One call at a time may store at a key: what an earlier one left unfinished, because its process ended, is
    /// dropped. What is stored in one part leaves that to the bucket's lifecycle.
    pub async fn store<E>(
        &self,
        key: &str,
        content_type: &str,
        bytes: impl Stream<Item = std::result::Result<Bytes, E>>,
    ) -> std::result::Result<Stored, Unstored<E>> {
        let mut storing = Storing { objects: self, key, content_type, sent: 0, multipart: None };
        match storing.run(bytes).await {
            Ok(stored) => Ok(stored),
            Err(error) => {
                storing.abort().await;
                Err(error)
            }
        }
    }

    /// Drops what earlier attempts to write the object have left unfinished.
    async fn abort_unfinished(&self, key: &str) -> Result<()> {
        let (mut key_marker, mut id_marker) = (None, None);
        loop {
            let list = self.client.list_multipart_uploads().bucket(&self.bucket).prefix(key);
            let list = list.encoding_type(EncodingType::Url);
            let list = list.set_key_marker(key_marker).set_upload_id_marker(id_marker);
            let page = list.send().await.map_err(failure)?;
            let encoded = page.encoding_type() == Some(&EncodingType::Url);
            let plain = |key: &str| if encoded { decoded(key) } else { key.to_owned() };
            for upload in page.uploads() {
                // Others' keys may begin with this one.
                if let (Some(found), Some(id)) = (upload.key(), upload.upload_id())
                    && plain(found) == key
                {
                    self.abort_multipart(key, id).await?;
                }
            }
            if page.is_truncated() != Some(true) {
                return Ok(());
            }
            key_marker = page.next_key_marker().map(plain);
            id_marker = page.next_upload_id_marker;
        }
    }

    /// Stores an object that fits in one part; its `ETag`.
    async fn put_whole(
        &self,
        key: &str,
        content_type: &str,
        bytes: Vec<u8>,
        checksum: &Checksum,
    ) -> Result<String> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        let put = put.checksum_sha256(STANDARD.encode(checksum.bytes()));
        let put = put.body(ByteStream::from(bytes)).send().await.map_err(failure)?;
        Ok(put.e_tag().unwrap_or_default().trim_matches('"').to_owned())
    }
}

/// An object on its way to the bucket.
struct Storing<'a> {
    objects: &'a Objects,
    key: &'a str,
    content_type: &'a str,
    /// How many parts were sent.
    sent: i32,
    /// Once there is more than one part.
    multipart: Option<Multipart>,
}

impl Storing<'_> {
    async fn run<E>(
        &mut self,
        bytes: impl Stream<Item = std::result::Result<Bytes, E>>,
    ) -> std::result::Result<Stored, Unstored<E>> {
        let mut bytes = std::pin::pin!(bytes);
        let (mut size, mut digest, mut part) = (0, Sha256::new(), Vec::new());
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(Unstored::Source)?;
            size += chunk.len() as u64;
            digest.update(&chunk);
            let mut rest = &chunk[..];
            while part.len() + rest.len() > PART {
                let (fits, more) = rest.split_at(PART - part.len());
                part.extend_from_slice(fits);
                self.push(mem::replace(&mut part, Vec::with_capacity(PART))).await?;
                rest = more;
            }
            part.extend_from_slice(rest);
        }
        let sha256 = Checksum::from_digest(digest.finalize().into());
        let etag = self.finish(part, &sha256).await?;
        Ok(Stored { size, sha256, etag })
    }

    /// Sends a part that is full, and not the last.
    async fn push(&mut self, part: Vec<u8>) -> Result<()> {
        let multipart = match &mut self.multipart {
            Some(multipart) => multipart,
            none => {
                self.objects.abort_unfinished(self.key).await?;
                let begun = self.objects.begin_multipart(self.key, self.content_type).await?;
                none.insert(begun.sending(AT_ONCE))
            }
        };
        self.sent += 1;
        multipart.push(self.sent, part).await
    }

    /// Sends the last part; the object's `ETag`.
    async fn finish(&mut self, last: Vec<u8>, checksum: &Checksum) -> Result<String> {
        let Some(multipart) = &mut self.multipart else {
            return self.objects.put_whole(self.key, self.content_type, last, checksum).await;
        };
        multipart.push(self.sent + 1, last).await?;
        multipart.complete().await
    }

    async fn abort(self) {
        if let Some(multipart) = self.multipart
            && let Err(error) = multipart.abort().await
        {
            let error = model::error::loggable(&error);
            tracing::warn!(error, "an unfinished object is left to the bucket's lifecycle");
        }
    }
}
