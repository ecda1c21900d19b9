//! Writing the archive while its files are read, in memory that does not depend on how large they are:
//! the parts that are under way, one that fills, and what is read ahead.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use archive::{Entry, Excluded, FORMAT, Manifest, Names, Reason, SigningKey, Writer};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use model::export::{Archived, Progress};
use model::version::VersionRecord;
use model::{Error, Result};
use objects::{Download, Multipart, Objects, PART};
use serde_json::Value;

use crate::plan::Plan;
use crate::run::{Job, Stop};

/// The largest file that is read before it is its turn, in bytes.
const SMALL: usize = 1 << 20;
/// How many files are read ahead, so that of small ones not each waits for an answer.
const AHEAD: usize = 8;

/// Writes the files of the plan, and their manifest.
pub(crate) async fn pack(
    job: &mut Job<'_>,
    plan: &Plan,
    request: &Value,
    key: &SigningKey,
) -> std::result::Result<(Progress, Archived), Stop> {
    let at = job.key.archive();
    let mut upload = job.deps.objects.begin_multipart(&at, "application/zip").await?;
    job.record.upload_id = Some(upload.id().to_owned());
    let mut progress = plan.progress();
    let packed = async {
        job.save(progress).await?;
        let archived = files(job, plan, request, key, &mut upload, &mut progress).await?;
        upload.complete().await?;
        Ok((progress, archived))
    };
    let packed = packed.await;
    if packed.is_err()
        && let Err(error) = upload.abort().await
    {
        tracing::warn!(?error, "an unfinished archive is left to the bucket's lifecycle");
    }
    packed
}

async fn files(
    job: &mut Job<'_>,
    plan: &Plan,
    request: &Value,
    key: &SigningKey,
    upload: &mut Multipart,
    progress: &mut Progress,
) -> std::result::Result<Archived, Stop> {
    let (objects, export) = (job.deps.objects.clone(), job.record.export.clone());
    let parts = Parts::default();
    let mut writer = Writer::new(parts.clone(), export.created_at);
    let (mut names, mut entries) = (Names::default(), Vec::with_capacity(plan.files.len()));
    let mut left_out = plan.left_out.clone();
    let all = 0..plan.files.len();
    let contents = all.map(|index| Content::of(objects.clone(), &plan.files[index].version));
    let mut contents = stream::iter(contents).buffered(AHEAD);
    for (index, file) in plan.files.iter().enumerate() {
        let content = contents.next().await.transpose()?;
        let Some(mut content) = content.flatten() else {
            left_out.push(Excluded { id: file.id, reason: Reason::NoObject });
            progress.files_total -= 1;
            progress.bytes_total -= file.size();
            continue;
        };
        let version = &file.version.version;
        let wanted = version.file_name.as_ref().map_or("file", |name| name.as_str());
        let path = names.give(wanted);
        writer.begin(&path, file.size()).map_err(Error::internal)?;
        while let Some(chunk) = content.next(index).await? {
            writer.write(&chunk).map_err(Error::internal)?;
            progress.bytes_done += chunk.len() as u64;
            parts.send(upload).await?;
            job.go_on(*progress).await?;
        }
        let written = writer.end();
        let known = version.checksum_sha256.as_ref();
        if written.size != file.size() || known.is_some_and(|known| *known != written.sha256) {
            return Err(Stop::Without(index, Reason::Altered));
        }
        progress.files_done += 1;
        job.go_on(*progress).await?;
        entries.push(Entry {
            path,
            id: file.id,
            version: version.version,
            sha256: written.sha256,
            size: written.size,
            content_type: version.content_type.clone(),
            asset_type: file.asset_type.clone(),
            title: file.title.clone(),
            tags: file.tags.clone(),
            provenance: version.provenance.clone(),
            approver: file.approver.clone(),
            approved_at: file.approved_at,
        });
    }
    let count = left_out.len() as u64;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        export_id: export.id,
        workspace_id: export.workspace_id,
        created_at: export.created_at,
        created_by: export.created_by,
        request: request.clone(),
        key_id: key.public().id(),
        files: entries,
        left_out,
    };
    writer.finish(&manifest, key).map_err(Error::internal)?;
    parts.send(upload).await?;
    let size = parts.send_last(upload).await?;
    // Nobody else may have begun to make it meanwhile.
    job.save(*progress).await?;
    Ok(Archived { size, left_out: count, public_key: key.public().to_pem() })
}

/// What a file holds.
enum Content {
    /// All of it, read ahead.
    Whole(Option<Bytes>),
    /// What is read when it is its turn.
    Open(Box<Download>),
    /// What is opened then.
    Later(Objects, String, Option<String>),
}

impl Content {
    /// The content of a version's file; none where its object is gone.
    fn of(
        objects: Objects,
        version: &VersionRecord,
    ) -> impl Future<Output = Result<Option<Self>>> + use<> {
        let key = version.version.storage_key.clone();
        let (etag, size) = (version.etag.clone(), version.version.file_size.unwrap_or_default());
        async move {
            let Some(key) = key else { return Ok(None) };
            if size > SMALL as u64 {
                return Ok(Some(Self::Later(objects, key, etag)));
            }
            let Some(download) = objects.download(&key, etag.as_deref()).await? else {
                return Ok(None);
            };
            match download.up_to(SMALL).await {
                Ok(Some(bytes)) => Ok(Some(Self::Whole(Some(bytes.into())))),
                // It is not what its record says, which shows when it is written.
                Ok(None) => Ok(Some(Self::Later(objects, key, etag))),
                Err(Error::NotFound) => Ok(None),
                Err(error) => Err(error),
            }
        }
    }

    /// The next bytes of the file at `index` of the plan; none at the end.
    async fn next(&mut self, index: usize) -> std::result::Result<Option<Bytes>, Stop> {
        let gone = || Stop::Without(index, Reason::NoObject);
        if let Self::Later(objects, key, etag) = self {
            let download = objects.download(key, etag.as_deref()).await?;
            *self = Self::Open(Box::new(download.ok_or_else(gone)?));
        }
        match self {
            Self::Whole(bytes) => Ok(bytes.take().filter(|bytes| !bytes.is_empty())),
            Self::Open(download) => download.next().await.map_err(|error| match error {
                Error::NotFound => gone(),
                error => Stop::Error(error),
            }),
            Self::Later(..) => Ok(None),
        }
    }
}

/// What was written of the archive and not sent yet, cut into parts.
#[derive(Clone, Default)]
struct Parts(Arc<Mutex<Cut>>);

#[derive(Default)]
struct Cut {
    full: VecDeque<Vec<u8>>,
    filling: Vec<u8>,
    size: u64,
}

impl Parts {
    /// Sends the parts that are full.
    async fn send(&self, upload: &mut Multipart) -> Result<()> {
        loop {
            let Some(part) = self.cut().full.pop_front() else { return Ok(()) };
            upload.push(part).await?;
        }
    }

    /// Sends what is left; how many bytes there were in all.
    async fn send_last(&self, upload: &mut Multipart) -> Result<u64> {
        let (last, size) = {
            let mut cut = self.cut();
            (std::mem::take(&mut cut.filling), cut.size)
        };
        if !last.is_empty() {
            upload.push(last).await?;
        }
        Ok(size)
    }

    fn cut(&self) -> MutexGuard<'_, Cut> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut cut = self.cut();
        if cut.filling.capacity() == 0 {
            cut.filling.reserve_exact(PART);
        }
        let fits = bytes.len().min(PART - cut.filling.len());
        cut.filling.extend_from_slice(&bytes[..fits]);
        cut.size += fits as u64;
        if cut.filling.len() == PART {
            let full = std::mem::take(&mut cut.filling);
            cut.full.push_back(full);
        }
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
