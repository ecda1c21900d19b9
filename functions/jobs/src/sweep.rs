//! The schedule's part: jobs that are due, and that no message woke.

use futures::future::try_join_all;
use model::Result;
use model::store::keys;

use crate::Deps;

/// The time for which a message is trusted to come, in milliseconds.
const TRUST: i64 = 30_000;
/// The most jobs of a shard that are woken at a time.
const MOST: i32 = 250;

/// Wakes the jobs that have been due for a while, the longest due first; how many.
pub(crate) async fn sweep(deps: &Deps) -> Result<usize> {
    let (now, mut woken) = (deps.clock.now(), 0);
    for shard in 0..keys::JOB_SHARDS {
        let due = deps.store.due_generations(shard, now.plus(-TRUST), MOST).await?;
        woken += due.len();
        let wakes = due.iter().map(|(workspace, id)| deps.media.wake(workspace, *id, now, now));
        try_join_all(wakes).await?;
    }
    Ok(woken)
}
