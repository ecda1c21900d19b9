//! Making an export, from its job to its end.

use std::time::{Duration, Instant};

use api::ExportRequest;
use model::export::{Archived, Failure, MOST_ATTEMPTS, Progress};
use model::{Error, Export, ExportRecord, ExportStatus, Result};
use objects::ExportKey;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, watch};

use crate::Deps;
use crate::pack;
use crate::plan::Plan;

/// How often whoever makes an export says that it is at it, and how far.
const BEAT: Duration = Duration::from_secs(2);

/// What became of an export's event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The archive is there.
    Succeeded,
    /// There will be none, and the export says why.
    Failed,
    /// Someone else makes it, or ended it.
    Left,
}

/// Why there is no archive.
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
    /// Whether nobody tries again after this.
    pub(crate) last: bool,
    deadline: Instant,
    record: Mutex<ExportRecord>,
    progress: watch::Sender<Progress>,
}

/// Makes the export, unless it has ended; an error is to be delivered again, unless this is the `last`
/// delivery.
pub(crate) async fn run(
    deps: &Deps,
    key: &ExportKey,
    last: bool,
    deadline: Instant,
) -> Result<Outcome> {
    let Some(read) = deps.store.find_export(&key.workspace, key.id).await? else {
        return Ok(Outcome::Left);
    };
    if read.has_ended() {
        return Ok(Outcome::Left);
    }
    let now = deps.clock.now();
    let busy = || Error::unavailable("someone else is making this export");
    if read.is_leased(now) {
        // Should they die, whoever asks after the export has it begun anew, or cleanup does.
        return if last { Ok(Outcome::Left) } else { Err(busy()) };
    }
    if read.attempts >= MOST_ATTEMPTS {
        let why = Failure::new("stalled", "it stopped several times; ask for it again");
        let failed = read.failed(why, now);
        let failed = deps.store.replace_export(&key.workspace, &read, failed).await?;
        return Ok(failed.map_or(Outcome::Left, |_| Outcome::Failed));
    }
    let begun = deps.store.replace_export(&key.workspace, &read, read.begun(now)).await?;
    let begun = begun.ok_or_else(busy)?;
    let last = last || begun.attempts >= MOST_ATTEMPTS;
    let (export, again) = (begun.export.clone(), read.export.status == ExportStatus::Running);
    let progress = watch::Sender::new(begun.export.progress.unwrap_or_default());
    let record = Mutex::new(begun);
    let job = Job { deps, key, export, last, deadline, record, progress };
    let made = tokio::select! {
        made = job.make(again) => made,
        stop = job.beat() => Err(stop),
    };
    let (now, record) = (deps.clock.now(), job.record.into_inner());
    let (next, outcome) = match made {
        Ok((progress, archived)) => {
            (record.succeeded(progress, archived, now), Ok(Outcome::Succeeded))
        }
        Err(Stop::Failed(why)) => (record.failed(why, now), Ok(Outcome::Failed)),
        Err(Stop::Lost) => return Ok(Outcome::Left),
        Err(Stop::Error(error)) if last => {
            let error = model::error::loggable(&error);
            tracing::error!(error, "an export failed for the last time");
            let why = Failure::new("unavailable", "storage failed several times; ask for it again");
            (record.failed(why, now), Ok(Outcome::Failed))
        }
        Err(Stop::Error(error)) => (record.released(now), Err(error)),
    };
    let written = deps.store.replace_export(&key.workspace, &record, next).await?;
    if written.is_some() { outcome } else { Ok(Outcome::Left) }
}

impl Job<'_> {
    /// Makes the archive; `again` where that was begun before.
    async fn make(&self, again: bool) -> std::result::Result<(Progress, Archived), Stop> {
        let (deps, key) = (self.deps, self.key);
        let replaces = if again { self.clear().await? } else { None };
        let signing = deps.signing.key().await?;
        let text = deps.objects.read(&key.job(), api::MAX_BODY).await?;
        let text = text.ok_or_else(|| Error::internal("an export without a job"))?;
        let request: Value = serde_json::from_slice(&text).map_err(Error::internal)?;
        let selection = ExportRequest::deserialize(&request).map_err(Error::internal)?;
        let selection = selection.selection().map_err(|error| {
            // It was taken when it was asked for, by an older version.
            Stop::Failed(Failure::new(error.code(), error.detail()))
        })?;
        let plan = Plan::of(self, &selection).await?;
        pack::pack(self, plan, request, &signing, replaces).await
    }

    /// Removes what an attempt left behind that did not come to its end; the `ETag` of its archive, where
    /// it came so far: that one is to be replaced.
    async fn clear(&self) -> Result<Option<String>> {
        let (objects, at) = (&self.deps.objects, self.key.archive());
        let upload = self.record.lock().await.upload_id.clone();
        if let Some(upload) = upload {
            objects.abort_multipart(&at, &upload).await?;
        }
        Ok(objects.head(&at).await?.map(|head| head.etag))
    }

    /// Says again and again that the export is being made, and how far it is, until someone else makes it.
    async fn beat(&self) -> Stop {
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
