//! A file's bytes, read ahead where they are few.

use bytes::Bytes;
use model::version::VersionRecord;
use model::{Error, Result};
use objects::{Download, Objects};

/// The largest file that is read before it is its turn, in bytes.
const SMALL: usize = 1 << 20;

/// A file's bytes.
pub(crate) enum Content {
    /// All of it, read ahead.
    Whole(Option<Bytes>),
    /// A download, read when it is its turn.
    Open(Box<Download>),
    /// A file that is opened then.
    Later(Objects, String, Option<String>),
}

impl Content {
    /// The content of a version's file; [`Error::NotFound`] where its object is gone.
    pub(crate) fn of(
        objects: Objects,
        version: &VersionRecord,
    ) -> impl Future<Output = Result<Self>> + use<> {
        let key = version.version.storage_key.clone();
        let (etag, size) = (version.etag.clone(), version.version.file_size.unwrap_or_default());
        async move {
            let key = key.ok_or(Error::NotFound)?;
            if size > SMALL as u64 {
                return Ok(Self::Later(objects, key, etag));
            }
            let download = objects.download(&key, etag.as_deref()).await?;
            match download.ok_or(Error::NotFound)?.up_to(SMALL).await? {
                Some(bytes) => Ok(Self::Whole(Some(bytes.into()))),
                // It is not what its record says, which shows when it is written.
                None => Ok(Self::Later(objects, key, etag)),
            }
        }
    }

    /// The next bytes; none at the end. [`Error::NotFound`] where the object is gone by then.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        if let Self::Later(objects, key, etag) = self {
            let download = objects.download(key, etag.as_deref()).await?;
            *self = Self::Open(Box::new(download.ok_or(Error::NotFound)?));
        }
        match self {
            Self::Whole(bytes) => Ok(bytes.take().filter(|bytes| !bytes.is_empty())),
            Self::Open(download) => download.next().await,
            Self::Later(..) => Ok(None),
        }
    }
}
