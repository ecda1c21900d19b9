//! The table's changes: every workspace's counters follow them.
//!
//! A stream delivers in order, and again what was not handled. Seeing a change again is harmless
//! because the counters change in one transaction with a note of the revision as of which the asset
//! is counted, and only where that note is older than the change.

mod event;

use std::time::{Duration, Instant};

use model::store::keys;
use model::{Clock, Result, Store};
use platform::{Declaration, Environment, Function, Grant, Invocation, Resource, Stream, Trigger};
use serde_json::{Value, json};

pub use event::{Entry, Unreadable};

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "tally",
    triggers: &[Trigger::Stream(Stream {
        batch: 500,
        filter: r#"{"dynamodb":{"Keys":{"sk":{"S":["asset"]}}}}"#,
    })],
    timeout: Duration::from_mins(1),
    memory: 256,
    variables: &["TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem"],
            on: Resource::Table(&[keys::WORKSPACES]),
        },
        Grant {
            actions: &["dynamodb:PutItem", "dynamodb:UpdateItem"],
            on: Resource::Table(&[keys::WORKSPACES, keys::PARKED]),
        },
    ],
    start: |environment| Ok(Box::new(Deps::new(environment)?)),
};

/// The function's dependencies.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The table.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Deps {
    /// The dependencies that the environment names.
    pub fn new(environment: &Environment) -> Result<Self> {
        Ok(Self { store: Store::of(environment)?, clock: environment.clock() })
    }
}

impl Function for Deps {
    fn invoke(&self, event: Value, _: Instant) -> Invocation<'_> {
        Box::pin(async move { Ok(handle(self, event).await?) })
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
