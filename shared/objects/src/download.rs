//! An object that is read from its beginning to its end, in as much memory as one chunk takes.

use std::fmt;

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use model::{Error, Result};

use crate::client::{Objects, code, failure};

/// The times that reading goes on after the connection was lost without a single byte in between.
const RETRIES: u32 = 3;

/// An object's bytes, as they come.
pub struct Download {
    objects: Objects,
    key: String,
    /// Of the object that is being read, so that its bytes are all of one object.
    etag: Option<String>,
    body: ByteStream,
    position: u64,
    failures: u32,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({} at {})", self.key, self.position)
    }
}

impl Objects {
    /// Opens the object, if it has this `ETag`, where one is given; none where there is no such object.
    pub async fn download(&self, key: &str, etag: Option<&str>) -> Result<Option<Download>> {
        let etag = etag.map(|etag| format!("\"{etag}\""));
        let Some((body, etag)) = self.body(key, etag, 0).await? else { return Ok(None) };
        let key = key.to_owned();
        Ok(Some(Download { objects: self.clone(), key, etag, body, position: 0, failures: 0 }))
    }

    async fn body(
        &self,
        key: &str,
        etag: Option<String>,
        from: u64,
    ) -> Result<Option<(ByteStream, Option<String>)>> {
        let get = self.client.get_object().bucket(&self.bucket).key(key).set_if_match(etag);
        let range = (from > 0).then(|| format!("bytes={from}-"));
        match get.set_range(range).send().await {
            Ok(object) => Ok(Some((object.body, object.e_tag))),
            Err(e) if e.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(e) if code(&e) == Some("PreconditionFailed") => Ok(None),
            Err(e) => Err(failure(e)),
        }
    }
}

impl Download {
    /// All bytes; none where there are more than `most`, of which no more than that are held.
    pub async fn up_to(mut self, most: usize) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.next().await? {
            if bytes.len() + chunk.len() > most {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }

    /// The next bytes; none at the end. A lost connection is taken up where it was lost;
    /// [`Error::NotFound`] where the object is gone by then.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.body.try_next().await {
                Ok(chunk) => {
                    self.failures = 0;
                    self.position += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                    return Ok(chunk);
                }
                Err(error) if self.failures == RETRIES => return Err(Error::unavailable(error)),
                Err(_) => {
                    self.failures += 1;
                    let (key, etag) = (&self.key, self.etag.clone());
                    let body = self.objects.body(key, etag, self.position).await?;
                    self.body = body.ok_or(Error::NotFound)?.0;
                }
            }
        }
    }
}
