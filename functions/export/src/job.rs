//! An export while it is made: its lease, and how far it is.

use std::time::{Duration, Instant};

use model::export::{Failure, Progress};
use model::{Error, Export, ExportRecord, Result};
use objects::ExportKey;
use tokio::sync::{Mutex, watch};

use crate::Deps;

/// The time between two signs of life of whoever makes an export.
const BEAT: Duration = Duration::from_secs(2);

/// The reason for which there is no archive.
#[derive(Debug)]
pub(crate) enum Stop {
    /// There can be none.
    Failed(Failure),
    /// Someone else makes it now.
    Lost,
    /// Something that a later delivery may find mended.
    Error(Error),
}

impl Stop {
    /// A fault of ours.
    pub(crate) fn fault(source: impl Into<model::error::Source>) -> Self {
        Self::Error(Error::internal(source))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// An export while it is made.
pub(crate) struct Job<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) key: &'a ExportKey,
    /// The export as it was when this began.
    pub(crate) export: Export,
    /// True if nobody tries again after this.
    pub(crate) last: bool,
    deadline: Instant,
    record: Mutex<ExportRecord>,
    progress: watch::Sender<Progress>,
}

impl<'a> Job<'a> {
    /// Begins with the record of an export that has just been leased.
    pub(crate) fn new(
        deps: &'a Deps,
        key: &'a ExportKey,
        begun: ExportRecord,
        last: bool,
        deadline: Instant,
    ) -> Self {
        let progress = watch::Sender::new(begun.export.progress.unwrap_or_default());
        let export = begun.export.clone();
        Self { deps, key, export, last, deadline, record: Mutex::new(begun), progress }
    }

    /// Ends with the record as it was last written.
    pub(crate) fn into_record(self) -> ExportRecord {
        self.record.into_inner()
    }

    /// Removes what an attempt left behind that did not come to its end; the `ETag` of its archive, where
    /// it came so far: that one is to be replaced.
    pub(crate) async fn clear(&self) -> Result<Option<String>> {
        let (objects, at) = (&self.deps.objects, self.key.archive());
        let upload = self.record.lock().await.upload_id.clone();
        if let Some(upload) = upload {
            objects.abort_multipart(&at, &upload).await?;
        }
        Ok(objects.head(&at).await?.map(|head| head.etag))
    }

    /// Says again and again that the export is being made, and how far it is, until someone else makes it.
    pub(crate) async fn beat(&self) -> Stop {
        loop {
            tokio::time::sleep(BEAT).await;
            match self.save().await {
                Ok(()) => {}
                Err(Stop::Error(error)) => {
                    let error = model::error::loggable(&error);
                    tracing::warn!(error, "a sign of life was not heard");
                }
                Err(stop) => return stop,
            }
        }
    }

    /// Says that the export is being made, and how far it is.
    pub(crate) async fn save(&self) -> std::result::Result<(), Stop> {
        self.write(|_| {}).await
    }

    /// Writes down what the archive is uploaded to.
    pub(crate) async fn uploads(&self, id: &str) -> std::result::Result<(), Stop> {
        self.write(|record| record.upload_id = Some(id.to_owned())).await
    }

    async fn write(&self, change: impl FnOnce(&mut ExportRecord)) -> std::result::Result<(), Stop> {
        let mut record = self.record.lock().await;
        let mut next = record.running(Some(*self.progress.borrow()), self.deps.clock.now());
        change(&mut next);
        let saved = self.deps.store.replace_export(&self.key.workspace, &record, next).await?;
        *record = saved.ok_or(Stop::Lost)?;
        Ok(())
    }

    /// Takes note of how far the export is; [`Stop::Failed`] where there is no time left.
    pub(crate) fn go_on(&self, progress: Progress) -> std::result::Result<(), Stop> {
        self.progress.send_replace(progress);
        if Instant::now() >= self.deadline {
            let message = "the files could not be written in the 15 minutes that an export may take: \
                           narrow the filter";
            return Err(Stop::Failed(Failure::new("too_long", message)));
        }
        Ok(())
    }
}
