//! S3's events: an object arrived, an object is gone.
//!
//! S3 delivers at least once, late and out of order. Seeing an event again is harmless because each
//! ends in one write that is conditional on the record as it was read, and only for news: the
//! object's sequencer is newer than the last one that counted, and what HEAD says of the object
//! now, not what the event said then, is what is written.

use std::time::{Duration, Instant};

use assets::{Assets, Outcome, Seen};
use model::store::keys;
use model::{Clock, Result, Store};
use objects::Objects;
use objects::notice::{self, Change, Notice, Unreadable};
use platform::{
    Declaration, Environment, Function, Grant, Invocation, Notices, Queue, Resource, Trigger,
};
use serde_json::Value;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "ingest",
    triggers: &[Trigger::Queue(Queue {
        name: "uploads",
        notices: &[Notices {
            events: &["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"],
            keys: objects::ASSETS,
        }],
        batch: 10,
        max_receives: 5,
        concurrency: 5,
    })],
    timeout: Duration::from_mins(1),
    memory: 512,
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES]),
        },
        Grant {
            actions: &["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem"],
            on: Resource::Table(&[keys::WORKSPACES, keys::PARKED]),
        },
        Grant { actions: &["s3:GetObject"], on: Resource::Objects(&[objects::ASSETS]) },
        Grant { actions: &["s3:ListBucket"], on: Resource::Bucket },
    ],
    start: |environment| Ok(Box::new(Deps::new(environment)?)),
};

/// The function's dependencies.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The table.
    pub store: Store,
    /// The bucket.
    pub objects: Objects,
    /// The time.
    pub clock: Clock,
}

impl Deps {
    /// The dependencies that the environment names.
    pub fn new(environment: &Environment) -> Result<Self> {
        let (store, objects) = (Store::of(environment)?, Objects::of(environment)?);
        Ok(Self { store, objects, clock: environment.clock() })
    }

    fn assets(&self) -> Assets<'_> {
        Assets { store: &self.store, objects: &self.objects, clock: &self.clock }
    }
}

impl Function for Deps {
    fn invoke(&self, event: Value, _: Instant) -> Invocation<'_> {
        Box::pin(async move { Ok(handle(self, event).await?) })
    }
}

/// Handles an invocation: a batch from SQS, or one notification from S3 or EventBridge. For a batch
/// the answer names the messages to deliver again (a partial batch response).
pub async fn handle(deps: &Deps, event: Value) -> Result<Value> {
    let message = |message: notice::Message| async move { notification(deps, &message.body).await };
    if let Some(answer) = notice::each_message(&event, message).await {
        return Ok(answer);
    }
    notification(deps, &event.to_string()).await?;
    Ok(Value::Null)
}

/// Handles one notification document, as S3 or EventBridge writes it. A record that fails does not keep
/// the others from being handled: the first failure is told when all were.
pub async fn notification(deps: &Deps, document: &str) -> Result<()> {
    let records = match notice::read(document) {
        Ok(records) => records,
        Err(Unreadable(reason)) => {
            deps.assets().park(document, &reason).await?;
            return Ok(());
        }
    };
    let mut failure = None;
    for record in records {
        let handled = match record {
            Ok(notice) => self::record(deps, &notice).await,
            Err((text, Unreadable(reason))) => {
                deps.assets().park(&text, &reason).await.map(|()| Outcome::Parked)
            }
        };
        match handled {
            Ok(outcome) => tracing::info!(?outcome, "an event was handled"),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Handles what one record of a notification tells.
pub async fn record(deps: &Deps, notice: &Notice) -> Result<Outcome> {
    let key = match notice.object_key(deps.objects.bucket()) {
        Ok(Some(key)) => key,
        Ok(None) => return Ok(Outcome::Ignored),
        Err(Unreadable(reason)) => {
            deps.assets().park(&notice.text, &reason).await?;
            return Ok(Outcome::Parked);
        }
    };
    let seen = Seen {
        at: notice.at,
        etag: notice.etag.clone(),
        sequencer: notice.sequencer.clone(),
        principal: notice.principal.clone(),
    };
    let outcome = match notice.change {
        Change::Created => deps.assets().arrived(&key, Some(&seen)).await?,
        Change::Removed => deps.assets().gone(&key, seen.sequencer).await?,
    };
    let reason = match outcome {
        Outcome::Unexpected => "the asset has another object than this",
        Outcome::Unfetchable => objects::UNFETCHABLE,
        Outcome::Completed
        | Outcome::Adopted
        | Outcome::MarkedMissing
        | Outcome::Known
        | Outcome::Superseded
        | Outcome::Orphaned
        | Outcome::Ignored
        | Outcome::Parked => return Ok(outcome),
    };
    deps.assets().park(&notice.text, reason).await?;
    Ok(outcome)
}
