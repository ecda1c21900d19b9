//! Making an export, from its job to its end.

use std::time::Instant;

use archive::Reason;
use model::export::{Archived, Failure, Progress};
use model::{Error, ExportRecord, Result};
use objects::ExportKey;
use serde::Deserialize;
use serde_json::Value;

use crate::Deps;
use crate::pack;
use crate::plan::Plan;
use crate::request::ExportRequest;

/// How often progress is written down, in milliseconds.
const PROGRESS: i64 = 2000;

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
    /// The file at this place of the plan cannot be written after all: begin again without it.
    Without(usize, Reason),
    /// Someone else makes it now.
    Lost,
    /// Something that a later delivery may find mended.
    Error(Error),
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
    pub(crate) deadline: Instant,
    pub(crate) record: ExportRecord,
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
        return Err(busy());
    }
    let begun = read.running(read.export.progress, now);
    let begun = deps.store.replace_export(&key.workspace, &read, begun).await?;
    let mut job = Job { deps, key, deadline, record: begun.ok_or_else(busy)? };
    let made = job.make().await;
    let (now, record) = (deps.clock.now(), &job.record);
    let (next, outcome) = match made {
        Ok((progress, archived)) => {
            (record.succeeded(progress, archived, now), Ok(Outcome::Succeeded))
        }
        Err(Stop::Failed(why)) => (record.failed(why, now), Ok(Outcome::Failed)),
        Err(Stop::Lost | Stop::Without(..)) => return Ok(Outcome::Left),
        Err(Stop::Error(error)) if last => {
            tracing::error!(?error, "an export failed for the last time");
            let why = Failure::new("unavailable", "storage failed several times; ask for it again");
            (record.failed(why, now), Ok(Outcome::Failed))
        }
        Err(Stop::Error(error)) => (record.released(now), Err(error)),
    };
    let written = deps.store.replace_export(&key.workspace, record, next).await?;
    if written.is_some() { outcome } else { Ok(Outcome::Left) }
}

impl Job<'_> {
    async fn make(&mut self) -> std::result::Result<(Progress, Archived), Stop> {
        let (deps, key) = (self.deps, self.key);
        // What an attempt left behind that did not come to its end.
        if let Some(upload) = &self.record.upload_id {
            deps.objects.abort_multipart(&key.archive(), upload).await?;
        }
        let signing = deps.signing.key().await?;
        let text = deps.objects.read(&key.job(), api::MAX_BODY).await?;
        let text = text.ok_or_else(|| Error::internal("an export without a job"))?;
        let request: Value = serde_json::from_slice(&text).map_err(Error::internal)?;
        let selection = ExportRequest::deserialize(&request).map_err(Error::internal)?;
        let selection = selection.selection().map_err(|error| {
            // It was taken when it was asked for, by an older version.
            Stop::Failed(Failure::new(error.code(), error.detail()))
        })?;
        let mut plan = Plan::of(self, &selection).await?;
        loop {
            match pack::pack(self, &plan, &request, &signing).await {
                Err(Stop::Without(index, reason)) => plan.exclude(index, reason),
                packed => return packed,
            }
        }
    }

    /// Writes down how far the export is, which also says that it is being made.
    pub(crate) async fn save(&mut self, progress: Progress) -> std::result::Result<(), Stop> {
        let next = self.record.running(Some(progress), self.deps.clock.now());
        let workspace = &self.key.workspace;
        let saved = self.deps.store.replace_export(workspace, &self.record, next).await?;
        self.record = saved.ok_or(Stop::Lost)?;
        Ok(())
    }

    /// [`Self::save`], now and then; [`Stop::Failed`] where there is no time left.
    pub(crate) async fn go_on(&mut self, progress: Progress) -> std::result::Result<(), Stop> {
        if Instant::now() >= self.deadline {
            let message = "the files could not be written in the 15 minutes that an export may take: \
                           narrow the filter";
            return Err(Stop::Failed(Failure::new("too_long", message)));
        }
        let since = self.deps.clock.now().millis() - self.record.export.updated_at.millis();
        if since >= PROGRESS { self.save(progress).await } else { Ok(()) }
    }
}
