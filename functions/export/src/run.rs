//! Making an export, from its job to its end.

use std::time::Instant;

use api::ExportRequest;
use model::export::{Archived, Failure, MOST_ATTEMPTS, Progress};
use model::{Error, ExportStatus, Result};
use objects::ExportKey;
use serde::Deserialize;
use serde_json::Value;

use crate::Deps;
use crate::job::{Job, Stop};
use crate::pack;
use crate::plan::Plan;

/// The outcome of an export's event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The archive is there.
    Succeeded,
    /// There will be none, and the export says why.
    Failed,
    /// Someone else makes it, or ended it.
    Left,
}

/// Makes the export, unless it has ended; an error is to be delivered again, unless this is the `last`
/// delivery.
pub(crate) async fn run(
    deps: &Deps,
    key: &ExportKey,
    last: bool,
    deadline: Instant,
) -> Result<Outcome> {
    let found = deps.store.find_export(&key.workspace, key.id).await?;
    let Some(read) = found.filter(|read| !read.has_ended()) else { return Ok(Outcome::Left) };
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
    let again = read.export.status == ExportStatus::Running;
    let job = Job::new(deps, key, begun, last, deadline);
    let made = tokio::select! {
        made = make(&job, again) => made,
        stop = job.beat() => Err(stop),
    };
    end(job, made).await
}

/// Makes the archive; `again` where that was begun before.
async fn make(job: &Job<'_>, again: bool) -> std::result::Result<(Progress, Archived), Stop> {
    let (deps, key) = (job.deps, job.key);
    let replaces = if again { job.clear().await? } else { None };
    let signing = deps.signing.key().await?;
    let text = deps.objects.read(&key.job(), api::MAX_BODY).await?;
    let text = text.ok_or_else(|| Error::internal("an export without a job"))?;
    let request: Value = serde_json::from_slice(&text).map_err(Error::internal)?;
    let selection = ExportRequest::deserialize(&request).map_err(Error::internal)?;
    let selection = selection.selection().map_err(|error| {
        // It was taken when it was asked for, by an older version.
        Stop::Failed(Failure::new(error.code(), error.detail()))
    })?;
    let plan = Plan::of(job, &selection).await?;
    pack::pack(job, plan, request, &signing, replaces).await
}

/// Writes down what came of it, unless someone else has taken the export over.
async fn end(
    job: Job<'_>,
    made: std::result::Result<(Progress, Archived), Stop>,
) -> Result<Outcome> {
    let (deps, key, last) = (job.deps, job.key, job.last);
    let (now, record) = (deps.clock.now(), job.into_record());
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
