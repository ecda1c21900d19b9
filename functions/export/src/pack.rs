//! Writing the archive while its files are read, in memory that does not depend on how large they are:
//! the parts that are under way, one that fills, the one or two that hold the header of the file that is
//! being written, and what is read ahead.

use archive::{Entry, Excluded, Format, Manifest, Names, Reason, SigningKey, Writer, Written};
use futures::stream::{self, StreamExt};
use model::export::{Archived, Progress};
use model::{AssetId, Error};
use serde_json::Value;

use crate::content::Content;
use crate::job::{Job, Stop};
use crate::parts::Parts;
use crate::plan::{self, Plan, Planned};
use crate::upload::Upload;

/// The most files that are read ahead, so that of small ones not each waits for an answer.
const AHEAD: usize = 8;

/// Writes the files of the plan, and their manifest, in the place of the archive with the `ETag`
/// `replaces`, where an earlier attempt left one.
pub(crate) async fn pack<'a>(
    job: &'a Job<'a>,
    plan: Plan,
    request: Value,
    key: &SigningKey,
    replaces: Option<String>,
) -> Result<(Progress, Archived), Stop> {
    let parts = Parts::default();
    let mut upload = Upload::new(job, parts.clone(), replaces);
    let packed = write(job, plan, request, key, parts, &mut upload).await;
    if packed.is_err() {
        upload.abort().await;
    }
    packed
}

async fn write<'a>(
    job: &'a Job<'a>,
    plan: Plan,
    request: Value,
    key: &SigningKey,
    parts: Parts,
    upload: &mut Upload<'a>,
) -> Result<(Progress, Archived), Stop> {
    let export = &job.export;
    let mut archive = Archive {
        job,
        upload,
        writer: Writer::new(parts.clone(), export.created_at),
        parts,
        names: Names::default(),
        progress: plan.progress(),
        entries: Vec::with_capacity(plan.files.len()),
        left_out: plan.left_out,
    };
    archive.write(&plan.files).await?;
    let Archive { upload, writer, progress, entries, left_out, .. } = archive;
    let count = left_out.len() as u64;
    let manifest = Manifest {
        format: Format::default(),
        export_id: export.id,
        workspace_id: export.workspace_id.clone(),
        created_at: export.created_at,
        created_by: export.created_by.clone(),
        request,
        key_id: key.public().id(),
        files: entries,
        left_out,
    };
    writer.finish(&manifest, key).map_err(Error::internal)?;
    let size = upload.finish().await?;
    Ok((progress, Archived { size, left_out: count, public_key: key.public().to_pem() }))
}

/// An archive whose files are being written.
struct Archive<'a, 'b> {
    job: &'a Job<'a>,
    upload: &'b mut Upload<'a>,
    writer: Writer<Parts>,
    parts: Parts,
    names: Names,
    progress: Progress,
    entries: Vec<Entry>,
    left_out: Vec<Excluded>,
}

/// The reason for which a file is not written.
enum Without {
    /// It cannot be in the archive.
    File(Reason),
    /// It cannot be read now.
    Unread(Error),
    /// There will be no archive.
    All(Stop),
}

impl Without {
    /// As reading has failed.
    fn reading(error: Error) -> Self {
        match error {
            Error::NotFound => Self::File(Reason::NoObject),
            error => Self::Unread(error),
        }
    }
}

impl From<Stop> for Without {
    fn from(stop: Stop) -> Self {
        Self::All(stop)
    }
}

impl Archive<'_, '_> {
    /// Writes the files. One that is gone, or is not what its record says, is left out; so is, in the last
    /// attempt, one that cannot be read. [`Stop`] where none is left.
    async fn write(&mut self, planned: &[Planned]) -> Result<(), Stop> {
        let objects = &self.job.deps.objects;
        let all = 0..planned.len();
        let contents = all.map(|index| Content::of(objects.clone(), &planned[index].version));
        let mut contents = stream::iter(contents).buffered(AHEAD);
        let mut unread = None;
        for file in planned {
            let content = contents.next().await.unwrap_or(Err(Error::NotFound));
            let reason = match self.file(file, content).await {
                Ok(()) => continue,
                Err(Without::File(Reason::NoObject)) => self.why_gone(file.id).await?,
                Err(Without::File(reason)) => reason,
                Err(Without::Unread(error)) if self.job.last => {
                    let why = model::error::loggable(&error);
                    tracing::error!(asset = %file.id, error = why, "a file cannot be read");
                    unread = Some(error);
                    Reason::Unreadable
                }
                Err(Without::Unread(error)) => return Err(Stop::Error(error)),
                Err(Without::All(stop)) => return Err(stop),
            };
            self.left_out.push(Excluded { id: file.id, reason });
            self.progress.files_total -= 1;
            self.progress.bytes_total -= file.size();
        }
        match unread {
            _ if !self.entries.is_empty() => Ok(()),
            Some(error) => Err(Stop::Error(error)),
            None => Err(Stop::Failed(plan::nothing())),
        }
    }

    /// The reason for which the file of an asset that was there is gone.
    async fn why_gone(&self, id: AssetId) -> Result<Reason, Stop> {
        match self.job.deps.store.get(&self.job.key.workspace, id).await {
            Err(Error::NotFound) => Ok(Reason::NotFound),
            // A record that cannot be read is there all the same.
            Ok(_) | Err(Error::Internal(_)) => Ok(Reason::NoObject),
            Err(error) => Err(Stop::Error(error)),
        }
    }

    /// Writes a file, or leaves everything as it was before.
    async fn file(
        &mut self,
        file: &Planned,
        content: model::Result<Content>,
    ) -> Result<(), Without> {
        let mut content = content.map_err(Without::reading)?;
        let (before, start) = (self.progress, self.parts.end());
        let version = &file.version.version;
        let wanted = version.file_name.as_ref().map_or("file", |name| name.as_str());
        let path = self.names.give(wanted);
        self.writer.begin(&path, file.size()).map_err(Stop::fault)?;
        self.parts.keep_from(start);
        match self.copy(file, &mut content).await {
            Ok(written) => {
                self.progress.files_done += 1;
                self.entries.push(entry(file, path, written));
                Ok(self.job.go_on(self.progress)?)
            }
            Err(without) => {
                self.writer.take_back().map_err(Stop::fault)?;
                self.upload.take_back().await.map_err(Stop::Error)?;
                self.names.take_back(&path);
                self.progress = before;
                Err(without)
            }
        }
    }

    async fn copy(&mut self, file: &Planned, content: &mut Content) -> Result<Written, Without> {
        let mut left = file.size();
        while let Some(chunk) = content.next().await.map_err(Without::reading)? {
            let count = chunk.len() as u64;
            left = left.checked_sub(count).ok_or(Without::File(Reason::Altered))?;
            self.writer.write(&chunk).map_err(Stop::fault)?;
            self.progress.bytes_done += count;
            self.upload.send().await?;
            self.job.go_on(self.progress)?;
        }
        let written = self.writer.end();
        let known = file.version.version.checksum_sha256.as_ref();
        if left > 0 || known.is_some_and(|known| *known != written.sha256) {
            return Err(Without::File(Reason::Altered));
        }
        Ok(written)
    }
}

/// The manifest's entry of a file.
fn entry(file: &Planned, path: String, written: Written) -> Entry {
    let version = &file.version.version;
    Entry {
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
    }
}
