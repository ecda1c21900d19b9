//! Spans of jobs that are over, sent to what collects traces.
//!
//! No job waits for that: its end is written, then a message is sent, and whoever gets the message sends the span.
//! Sending it twice does no harm, since receivers know a span by its id.

use std::time::Duration;

use generations::{file_key, span_of};
use model::making::GenerationRecord;
use model::{Asset, GenerationId, JobStatus, Result, WorkspaceId};
use outbound::Received;
use platform::Environment;
use providers::Tool;
use spans::{Exporter, Receipt};

use crate::Deps;

/// The longest that a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The wait after the first try that was in vain, in milliseconds. Each wait is twice the one before.
const FIRST_WAIT: i64 = 10_000;
/// The longest wait, in milliseconds.
const LONGEST_WAIT: i64 = 15 * 60 * 1000;
/// The times that a span is sent, which take about an hour, before it is given up.
const TRIES: u32 = 10;
/// The most bytes of a transcript that is in its span.
const MOST_TEXT: usize = 64 << 10;

/// The collector that the environment names, if it does. One that is named wrongly is told in the log, and none: no job
/// is to suffer for it.
pub(crate) fn exporter(environment: &Environment) -> Option<Exporter> {
    Exporter::read(|name| environment.optional(name)).unwrap_or_else(|why| {
        tracing::error!(%why, "no spans are sent");
        None
    })
}

/// Has the span of a job sent that has come to its end.
pub(crate) async fn tell(deps: &Deps, record: &GenerationRecord) -> Result<()> {
    if deps.exporter.is_none() || !record.job.status.has_ended() {
        return Ok(());
    }
    deps.media.tell(&record.workspace_id, record.id, 0, Duration::ZERO).await
}

/// Sends the span of a job that is over, which was tried `tries` times in vain. Where it is not taken now, a later
/// message tries again; what is refused is given up.
pub(crate) async fn send(
    deps: &Deps,
    workspace: &WorkspaceId,
    id: GenerationId,
    tries: u32,
) -> Result<()> {
    let Some(exporter) = &deps.exporter else { return Ok(()) };
    let Some(record) = deps.store.find_generation(workspace, id).await? else { return Ok(()) };
    let assets = deps.generations().assets_of(workspace, &record).await?;
    let mut span = span_of(&record, &assets)?;
    span.transcript = transcript(deps, &record, &assets).await?;
    let Some(request) = exporter.request(&[span]) else { return Ok(()) };
    let answer = deps.outbound.call(request, PATIENCE).await;
    let answer = answer.as_ref().map(Received::as_answer).map_err(|broken| *broken);
    match Receipt::of(answer, deps.clock.now(), wait(tries)) {
        Receipt::Taken => {}
        Receipt::Partly { message, .. } => {
            tracing::error!(%workspace, generation = %id, message, "a span was not taken");
        }
        Receipt::Refused { status, message } => {
            tracing::error!(%workspace, generation = %id, status, message, "a span was refused");
        }
        Receipt::Later { .. } if tries + 1 >= TRIES => {
            tracing::error!(%workspace, generation = %id, "a span was sent in vain, and is given up");
        }
        Receipt::Later { after } => {
            let after = Duration::from_millis(u64::try_from(after).unwrap_or_default());
            deps.media.tell(workspace, id, tries + 1, after).await?;
        }
    }
    Ok(())
}

fn wait(tries: u32) -> i64 {
    (FIRST_WAIT << tries.min(TRIES)).min(LONGEST_WAIT)
}

/// The text of a recording, where it is there and not too long.
async fn transcript(
    deps: &Deps,
    record: &GenerationRecord,
    assets: &[Asset],
) -> Result<Option<String>> {
    let id = record.id.output(0);
    let is_text = record.asked.tool.as_str() == Tool::Stt.as_str()
        && record.job.status == JobStatus::Succeeded
        && assets.iter().any(|asset| asset.id == id);
    if !is_text {
        return Ok(None);
    }
    let key = file_key(record, id)?.to_string();
    let bytes = deps.objects.read(&key, MOST_TEXT).await?;
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
}
