//! A job as it is woken: what is due is done, until nothing is.

use std::time::{Duration, Instant};

use model::job::{Job, Todo, Turn};
use model::making::{CostSource, Counted, GenerationRecord};
use model::store::Attempts;
use model::{Error, GenerationId, JobStatus, Reference, Result, Store, Timestamp, WorkspaceId};

use crate::{Deps, fetch, look, submit, traces};

/// The longest that an alarm waits, in milliseconds: the schedule finds what is due later.
const LONGEST_ALARM: i64 = 15 * 60 * 1000;

/// The time that must be left of an invocation for doing one more thing: with less, another does it.
const ENOUGH: Duration = Duration::from_mins(3);

/// A job that is taken up: its record as it was written for that, and by whom.
pub(crate) struct Taken<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) record: GenerationRecord,
    pub(crate) holder: Reference,
    /// The time by which it must be done.
    until: Instant,
}

/// The facts that are written down with the change of a job.
#[derive(Debug, Default, Clone)]
pub(crate) struct Told {
    /// The usage, as the provider counts it.
    pub(crate) usage: Vec<Counted>,
    /// The source of the cost.
    pub(crate) cost_source: Option<CostSource>,
}

/// Does what is due about a job, one thing after the other, as long as there is time; then has it woken when the next is.
/// `is_again` says that the message came before.
pub(crate) async fn settle(
    deps: &Deps,
    workspace: &WorkspaceId,
    id: GenerationId,
    until: Instant,
    is_again: bool,
) -> Result<()> {
    let mut attempts = Attempts::default();
    loop {
        let Some(read) = deps.store.find_generation(workspace, id).await? else { return Ok(()) };
        let now = deps.clock.now();
        let holder = holder()?;
        let (job, todo) = match read.job.take_up(&holder, now) {
            // The time before, it may have stopped between the job's end and telling of it.
            Turn::Rest if is_again => return traces::tell(deps, &read).await,
            Turn::Rest | Turn::Wait(_) => return Ok(()),
            Turn::Write(job) => (*job, None),
            Turn::Do(job, todo) => (*job, Some(todo)),
        };
        let next = read.with_job(job, now);
        let Some(record) = claim(deps, &read, next, &holder).await? else {
            attempts.next().await?;
            continue;
        };
        let taken = Taken { deps, record, holder, until };
        let after = match todo {
            None => Some(taken.record),
            Some(todo) => perform(&taken, todo).await?,
        };
        let Some(after) = after else { return Ok(()) };
        tell_of(&read, &after);
        if read.job.handle.is_none()
            && let Some(handle) = look::handle(&after)
        {
            name_job(&deps.store, &after, &handle.id).await;
        }
        if after.job.status.has_ended() {
            deps.generations().give_up(workspace, &after).await?;
            traces::tell(deps, &after).await?;
        }
        let Some(due) = after.job.due_at else { return Ok(()) };
        let now = deps.clock.now();
        if due > now || until.saturating_duration_since(Instant::now()) < ENOUGH {
            return alarm(deps, &after, due, now).await;
        }
    }
}

/// Writes the claim. One that came through without an answer is known by its holder.
async fn claim(
    deps: &Deps,
    read: &GenerationRecord,
    next: GenerationRecord,
    holder: &Reference,
) -> Result<Option<GenerationRecord>> {
    let workspace = &read.workspace_id;
    if let Some(written) = deps.store.replace_generation(workspace, read, next).await? {
        return Ok(Some(written));
    }
    let found = deps.store.find_generation(workspace, read.id).await?;
    let is_own = |job: &Job| job.lease.as_ref().is_some_and(|lease| lease.holder == *holder);
    Ok(found.filter(|found| is_own(&found.job)))
}

/// Does the one thing that is due; the record after it, or none where someone else has changed it.
async fn perform(taken: &Taken<'_>, todo: Todo) -> Result<Option<GenerationRecord>> {
    match todo {
        Todo::Submit { number } => submit::submit(taken, number).await,
        Todo::Look => look::look(taken).await,
        Todo::LookUp => look::look_up(taken).await,
        Todo::Cancel => look::cancel(taken).await,
        Todo::Fetch { output } => fetch::fetch(taken, output).await,
    }
}

impl Taken<'_> {
    /// The longest that something may take, of the time that is left.
    pub(crate) fn within(&self, longest: Duration) -> Duration {
        longest.min(self.until.saturating_duration_since(Instant::now()))
    }

    /// Writes down what came of it: again of the record as it is by then, where that has changed meanwhile. None where
    /// it changes nothing any more.
    ///
    /// What a provider has answered is known here alone: a table that does not answer is asked again.
    pub(crate) async fn report(
        &self,
        told: Told,
        change: impl Fn(&Job, Timestamp) -> Option<Job>,
    ) -> Result<Option<GenerationRecord>> {
        let (store, workspace) = (&self.deps.store, &self.record.workspace_id);
        let mut read = self.record.clone();
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let now = self.deps.clock.now();
            let Some(job) = change(&read.job, now) else { return Ok(None) };
            let next = GenerationRecord {
                cost_source: told.cost_source.or(read.cost_source),
                usage: if told.usage.is_empty() { read.usage.clone() } else { told.usage.clone() },
                ..read.with_job(job, now)
            };
            match store.replace_generation(workspace, &read, next).await {
                Ok(Some(written)) => return Ok(Some(written)),
                Ok(None) | Err(Error::Unavailable(_) | Error::Contended) => {}
                Err(error) => return Err(error),
            }
            if let Ok(Some(found)) = store.find_generation(workspace, read.id).await {
                read = found;
            }
        }
    }
}

/// Notes whose job it is at the provider, so that nobody adopts it. Where that fails, an adoption would make assets of
/// their own of the same outputs, and pay nothing.
pub(crate) async fn name_job(store: &Store, record: &GenerationRecord, job: &str) {
    if let Err(error) = store.name_job(record, job).await {
        let error = model::error::loggable(&error);
        tracing::warn!(error, "it could not be noted whose a job is");
    }
}

/// Has the job woken when it is due, unless the schedule is as early.
async fn alarm(
    deps: &Deps,
    record: &GenerationRecord,
    due: Timestamp,
    now: Timestamp,
) -> Result<()> {
    if due.millis() - now.millis() > LONGEST_ALARM {
        return Ok(());
    }
    deps.media.wake(&record.workspace_id, record.id, due, now).await
}

/// Tells operators of what became of a job. Metrics count the lines of what they should look at.
fn tell_of(before: &GenerationRecord, after: &GenerationRecord) {
    let (status, workspace, id) = (after.job.status, &after.workspace_id, after.id);
    if status == before.job.status {
        return;
    }
    let why = after.job.error.as_ref().map(|why| why.code.as_str());
    match status {
        JobStatus::Unresolved => {
            tracing::error!(%workspace, generation = %id, why, unresolved = 1, "nobody knows what became of a job");
        }
        JobStatus::Lost => {
            tracing::error!(%workspace, generation = %id, why, lost = 1, "what a generation made is lost");
        }
        _ if status.has_ended() => {
            let status = status.as_str();
            tracing::info!(%workspace, generation = %id, status, why, "a generation has ended");
        }
        _ => {}
    }
}

/// A name that no other turn has.
fn holder() -> Result<Reference> {
    hex::encode(rand::random::<[u8; 16]>()).parse().map_err(Error::internal)
}
