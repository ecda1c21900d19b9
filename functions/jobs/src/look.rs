//! Looks at a job at its provider, for it, and the wish that it end.

use std::time::Duration;

use model::export::Failure;
use model::job::{Ended, LookedUp, Phase, Progress, Sight};
use model::making::GenerationRecord;
use model::{Error, Result};
use providers::{Access, Handle, Look, Order, Provider, Step};

use crate::cost::of_loss;
use crate::outputs::of;
use crate::settle::{Taken, Told};

/// The longest that a provider may take to answer a question about a job.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// The generations that are compared with where a job is looked for.
const ALIKE: usize = 50;

/// Looks at the job, and reports what is seen.
pub(crate) async fn look(taken: &Taken<'_>) -> Result<Option<GenerationRecord>> {
    let (provider, _) = of(&taken.record)?;
    let seen = match (taken.access(provider).await?, handle(&taken.record)) {
        (Some(access), Some(handle)) => see(taken, provider, &access, &handle).await,
        // Without a key nothing can be seen: it is asked again, since an operator may set one.
        _ => provider.unseen(),
    };
    let (sight, told) = sight(taken, provider, seen).await?;
    taken.report(told, |job, now| job.looked(&taken.holder, sight.clone(), now)).await
}

/// The job at its provider, as its record has it.
pub(crate) fn handle(record: &GenerationRecord) -> Option<Handle> {
    serde_json::from_str(record.job.handle.as_deref()?).ok()
}

/// Asks for the state of the job, and for its result where that is told apart.
pub(crate) async fn see(
    taken: &Taken<'_>,
    provider: Provider,
    access: &Access,
    handle: &Handle,
) -> Look {
    let mut step = Step::Status;
    for _ in 0..2 {
        let request = provider.look(access, handle, step);
        let Ok(received) = taken.deps.outbound.call(request, PATIENCE).await else {
            return provider.unseen();
        };
        match provider.seen(access, step, &received.as_answer(), taken.deps.clock.now()) {
            Look::Next(next) => step = next,
            look => return look,
        }
    }
    provider.unseen()
}

async fn sight(taken: &Taken<'_>, provider: Provider, seen: Look) -> Result<(Sight, Told)> {
    let record = &taken.record;
    let after = provider.pace(record.job.looks);
    let going = |phase, position, percent| {
        (Sight::Going { progress: Progress { phase, position, percent }, after }, Told::default())
    };
    let of = of(record)?;
    let ended = |loss| of_loss(&taken.deps.media.catalogue, of, record, loss);
    Ok(match seen {
        Look::Queued { position } => going(Phase::Waiting, position, None),
        Look::Running { percent, unknown } => {
            if let Some(word) = unknown {
                tracing::warn!(provider = provider.as_str(), word, "a state that is not known");
            }
            going(Phase::Working, None, percent)
        }
        Look::Succeeded(done) => {
            let (made, told) = taken.keep(done).await?;
            (Sight::Succeeded(made), told)
        }
        Look::Failed(loss) => {
            let (end, told) = ended(&loss);
            (Sight::Failed(end), told)
        }
        Look::Refused(loss) => {
            let (end, told) = ended(&loss);
            (Sight::Refused(end), told)
        }
        Look::Canceled(loss) => {
            let (end, told) = ended(&loss);
            let why = Failure::new("canceled", loss.reason.message);
            (Sight::Canceled(Ended { why, ..end }), told)
        }
        Look::Again { after, .. } => (Sight::Again { after }, Told::default()),
        Look::Next(_) => (Sight::Again { after }, Told::default()),
        Look::Gone => (Sight::Gone, Told::default()),
    })
}

/// Looks for a job that may have been made, among the newest that the provider lists.
pub(crate) async fn look_up(taken: &Taken<'_>) -> Result<Option<GenerationRecord>> {
    let found = find(taken).await?;
    taken.report(Told::default(), |job, now| job.looked_up(&taken.holder, found.clone(), now)).await
}

async fn find(taken: &Taken<'_>) -> Result<LookedUp> {
    let (deps, record) = (taken.deps, &taken.record);
    let (provider, _) = of(record)?;
    let Some(access) = taken.access(provider).await? else { return Ok(LookedUp::Nothing) };
    let Some(list) = provider.list(&access) else { return Ok(LookedUp::Impossible) };
    let Some((call, sent_at)) = taken.sent().await? else { return Ok(LookedUp::Nothing) };
    let order =
        Order::new(&deps.media.catalogue, provider, &call, &access, record.callback.as_deref());
    let request = order.and_then(|order| Ok((order, order.request()?)));
    let Ok((order, sent)) = request else { return Ok(LookedUp::Nothing) };
    let Ok(received) = deps.outbound.call(list, PATIENCE).await else {
        return Ok(LookedUp::Nothing);
    };
    let found = provider.found(&order, &sent, sent_at, &received.as_answer()).unwrap_or_default();
    choose(taken, found).await
}

/// The job that is this generation's among several alike. Those of other generations by the same recipe are left out;
/// of what is left, each generation of which nobody knows takes the one of its own rank, so that no two take the same.
async fn choose(taken: &Taken<'_>, mut found: Vec<Handle>) -> Result<LookedUp> {
    let record = &taken.record;
    let store = &taken.deps.store;
    let alike = store.made_by(&record.workspace_id, &record.recipe, ALIKE).await?;
    let known: Vec<_> = alike.iter().filter_map(handle).map(|handle| handle.id).collect();
    found.retain(|handle| !known.contains(&handle.id));
    found.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let is_before = |other: &&GenerationRecord| {
        let is_open =
            other.job.status == model::JobStatus::Unresolved && other.job.handle.is_none();
        is_open && other.id < record.id
    };
    let rank = alike.iter().filter(is_before).count();
    Ok(match found.get(rank) {
        Some(handle) => LookedUp::Found(serde_json::to_string(handle).map_err(Error::internal)?),
        None => LookedUp::Nothing,
    })
}

/// Asks the provider to cancel the job, and reports whether it heard that.
pub(crate) async fn cancel(taken: &Taken<'_>) -> Result<Option<GenerationRecord>> {
    let (provider, _) = of(&taken.record)?;
    let is_told = match (taken.access(provider).await?, handle(&taken.record)) {
        (Some(access), Some(handle)) => match provider.cancel(&access, &handle) {
            None => true,
            Some(request) => {
                let answer = taken.deps.outbound.call(request, PATIENCE).await;
                answer.is_ok_and(|answer| answer.status != 429 && answer.status < 500)
            }
        },
        _ => false,
    };
    taken.report(Told::default(), |job, now| job.cancel_told(&taken.holder, is_told, now)).await
}
