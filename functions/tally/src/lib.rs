//! The table's changes: every workspace's counters follow them.
//!
//! A stream delivers in order, and again what was not handled. Seeing a change again is harmless
//! because the counters change in one transaction with a note of the revision as of which the asset
//! is counted, and only where that note is older than the change.

mod event;

use model::aws::Needs;
use model::store::keys;
use model::{Clock, Result, Store};
use serde_json::{Value, json};

pub use event::{Entry, Unreadable};

/// What the function needs of its deployment.
pub const NEEDS: Needs = Needs {
    variables: &["TABLE_NAME"],
    actions: &[
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    ],
    reads: &[keys::WORKSPACES],
    writes: &[keys::WORKSPACES, keys::PARKED],
};

/// What the function works with.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The table.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Deps {
    /// Over this store.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

/// Handles a batch of the table's stream. The answer names the record from which on to deliver
/// again, if there is one (a partial batch response).
pub async fn handle(deps: &Deps, event: Value) -> Result<Value> {
    let (mut places, mut changes) = (Vec::new(), Vec::new());
    for entry in event::read(&event) {
        match entry {
            Ok(Entry { sequence_number, change }) => {
                places.push(sequence_number);
                changes.push(change);
            }
            Err(unreadable) => park(deps, &unreadable).await?,
        }
    }
    let counted = deps.store.tally(&changes, deps.clock.now()).await?;
    let rest = places.get(counted);
    if let Some(from) = rest {
        let left = changes.len() - counted;
        tracing::warn!(left, from, "changes are to be delivered again");
    }
    tracing::info!(counted, "changes were handled");
    let failures: Vec<_> = rest.map(|from| json!({ "itemIdentifier": from })).into_iter().collect();
    Ok(json!({ "batchItemFailures": failures }))
}

/// Puts aside what no later delivery would make readable: it would keep all changes after it from
/// being counted. A metric counts the log line.
async fn park(deps: &Deps, Unreadable { text, reason }: &Unreadable) -> Result<()> {
    let told = model::error::redacted(reason);
    tracing::warn!(reason = told, parked = 1, "a change was parked");
    deps.store.park(text, reason, deps.clock.now()).await
}
