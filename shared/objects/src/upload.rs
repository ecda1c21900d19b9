//! An object that is written in parts while it is being made.

use std::fmt;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use model::{Error, Result};
use tokio::task::JoinSet;

use crate::client::{Objects, code, failure};

/// The bytes of every part but the last: above the 5 MiB that S3 asks for, and the same for all, as R2
/// wants it. 10,000 of them, the most that there may be, are 80 GB.
pub const PART: usize = 8 << 20;
/// The most parts that are sent at a time, unless [`Multipart::sending`] says otherwise.
const AT_ONCE: usize = 3;

/// A multipart upload. Nothing is at its key before [`Multipart::complete`].
pub struct Multipart {
    objects: Objects,
    key: String,
    id: String,
    sent: Vec<CompletedPart>,
    at_once: usize,
    under_way: JoinSet<Result<CompletedPart>>,
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Multipart({}, {} parts)", self.key, self.sent.len())
    }
}

impl Objects {
    /// Begins a multipart upload.
    pub async fn begin_multipart(&self, key: &str, content_type: &str) -> Result<Multipart> {
        let create = self.client.create_multipart_upload().bucket(&self.bucket).key(key);
        let created = create.content_type(content_type).send().await.map_err(failure)?;
        let id = created.upload_id.ok_or_else(|| Error::internal("an upload without an id"))?;
        Ok(Multipart {
            objects: self.clone(),
            key: key.to_owned(),
            id,
            sent: Vec::new(),
            at_once: AT_ONCE,
            under_way: JoinSet::new(),
        })
    }

    /// Ends a multipart upload that was left unfinished; one that is not there counts as ended.
    pub async fn abort_multipart(&self, key: &str, id: &str) -> Result<()> {
        let abort = self.client.abort_multipart_upload().bucket(&self.bucket).key(key);
        match abort.upload_id(id).send().await {
            Err(e) if code(&e) == Some("NoSuchUpload") => Ok(()),
            aborted => aborted.map(|_| ()).map_err(failure),
        }
    }
}

impl Multipart {
    /// The same, of which so many parts are sent at a time.
    pub(crate) fn sending(mut self, at_once: usize) -> Self {
        self.at_once = at_once;
        self
    }

    /// The id that S3 knows it by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sends the part `number`, from 1, in any order: [`PART`] bytes, or what is left. Waits while as many
    /// are under way as may be.
    pub async fn push(&mut self, number: i32, bytes: Vec<u8>) -> Result<()> {
        while self.under_way.len() >= self.at_once {
            self.wait().await?;
        }
        let key = self.key.clone();
        let (objects, id) = (self.objects.clone(), self.id.clone());
        self.under_way.spawn(async move {
            let upload = objects.client.upload_part().bucket(&objects.bucket).key(key);
            let upload = upload.upload_id(id).part_number(number).body(ByteStream::from(bytes));
            let sent = upload.send().await.map_err(failure)?;
            Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build())
        });
        Ok(())
    }

    /// Forgets the parts from `number` on, once all that are under way are there: others of their numbers
    /// take their places, or none does.
    pub async fn forget_from(&mut self, number: i32) -> Result<()> {
        self.wait_for_all().await?;
        self.sent.retain(|part| part.part_number.is_some_and(|sent| sent < number));
        Ok(())
    }

    /// Makes the parts an object, once all are there; its `ETag`.
    pub async fn complete(&mut self) -> Result<String> {
        self.wait_for_all().await?;
        self.sent.sort_unstable_by_key(|part| part.part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.sent.clone())).build();
        let Objects { client, bucket, .. } = &self.objects;
        let complete = client.complete_multipart_upload().bucket(bucket).key(&self.key);
        let complete = complete.upload_id(&self.id).multipart_upload(parts);
        let completed = complete.send().await.map_err(failure)?;
        Ok(completed.e_tag().unwrap_or_default().trim_matches('"').to_owned())
    }

    /// Drops what was sent.
    pub async fn abort(mut self) -> Result<()> {
        self.under_way.shutdown().await;
        self.objects.abort_multipart(&self.key, &self.id).await
    }

    async fn wait_for_all(&mut self) -> Result<()> {
        while !self.under_way.is_empty() {
            self.wait().await?;
        }
        Ok(())
    }

    async fn wait(&mut self) -> Result<()> {
        if let Some(sent) = self.under_way.join_next().await {
            self.sent.push(sent.map_err(Error::internal)??);
        }
        Ok(())
    }
}
