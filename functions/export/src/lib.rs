//! `POST /api/v1/exports`, `GET /api/v1/exports` and `GET /api/v1/exports/{id}`: approved assets as one
//! signed archive.
//!
//! What was asked for is kept as an object; that it arrives is the event that begins the work. S3 delivers
//! at least once: seeing the event again is harmless because an export is made by whoever holds its lease,
//! and one that has ended is left alone. After a crash the next delivery begins anew; nothing is at the
//! archive's key before all of it is there. Where no delivery is left, whoever asks after the export
//! has it begun anew, or cleanup does.

mod content;
mod job;
mod pack;
mod parts;
mod plan;
mod routes;
mod run;
mod signing;
mod upload;

use std::time::{Duration, Instant};

use assets::Assets;
use axum::Router;
use model::store::keys;
use model::{Clock, Result, Store};
use objects::notice::{self, Change, Message, Unreadable};
use objects::{ExportKey, Objects};
use platform::{
    Declaration, Environment, Function, Grant, Invocation, Notices, Queue, Resource, Trigger,
};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::signing::Signing;

/// The times that an export's event is delivered, at most.
const MAX_RECEIVES: u32 = 3;
/// The part of an invocation's time that is left for ending it in order.
const RESERVE: Duration = Duration::from_secs(15);

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "export",
    triggers: &[
        Trigger::Http(|| routes().into_openapi()),
        Trigger::Queue(Queue {
            name: "exports",
            notices: &[Notices { events: &["s3:ObjectCreated:*"], keys: objects::EXPORT_JOBS }],
            batch: 1,
            max_receives: MAX_RECEIVES,
            concurrency: 2,
        }),
    ],
    timeout: Duration::from_mins(15),
    memory: 512,
    variables: &["EXPORT_SIGNING_SECRET", "STORAGE_BUCKET", "TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES, keys::API_KEYS]),
        },
        Grant {
            actions: &["dynamodb:PutItem"],
            on: Resource::Table(&[keys::WORKSPACES, keys::PARKED]),
        },
        Grant { actions: &["dynamodb:Query"], on: Resource::Index("*") },
        Grant {
            actions: &["s3:GetObject"],
            on: Resource::Objects(&[objects::ASSETS, objects::EXPORTS]),
        },
        Grant {
            actions: &["s3:AbortMultipartUpload", "s3:PutObject"],
            on: Resource::Objects(&[objects::EXPORTS]),
        },
        Grant { actions: &["s3:ListBucket"], on: Resource::Bucket },
        Grant {
            actions: &["secretsmanager:GetSecretValue"],
            on: Resource::Secret("ExportSigningSecret"),
        },
    ],
    start: |environment| Ok(Box::new(Deps::new(environment)?)),
};

/// The function's dependencies.
#[derive(Debug, Clone)]
pub struct Deps {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) clock: Clock,
    pub(crate) signing: Signing,
    router: Router,
}

impl Deps {
    /// The dependencies that the environment names.
    pub fn new(environment: &Environment) -> Result<Self> {
        let deps = api::Deps::new(environment, Objects::of(environment)?)?;
        let (store, objects, clock) =
            (deps.store.clone(), deps.objects.clone(), deps.clock.clone());
        let signing = Signing::new(environment)?;
        Ok(Self { store, objects, clock, signing, router: api::router(routes(), deps) })
    }

    pub(crate) fn assets(&self) -> Assets<'_> {
        Assets { store: &self.store, objects: &self.objects, clock: &self.clock }
    }
}

/// The function's routes.
pub fn routes() -> OpenApiRouter<api::Deps<Objects>> {
    OpenApiRouter::new()
        .routes(routes!(routes::create_export, routes::list_exports))
        .routes(routes!(routes::get_export))
}

impl Function for Deps {
    /// Handles a batch of events from SQS, or a request.
    fn invoke(&self, event: Value, deadline: Instant) -> Invocation<'_> {
        let deadline = deadline.checked_sub(RESERVE).unwrap_or(deadline);
        Box::pin(async move {
            let work = |message: Message| work(self, message, deadline);
            match notice::each_message(&event, work).await {
                Some(answer) => Ok(answer),
                None => api::answer(self.router.clone(), event).await,
            }
        })
    }
}

/// Makes the exports whose jobs a message tells of.
async fn work(deps: &Deps, message: Message, deadline: Instant) -> Result<()> {
    let park = async |text: &str, Unreadable(reason)| deps.assets().park(text, &reason).await;
    let records = match notice::read(&message.body) {
        Ok(records) => records,
        Err(why) => return park(&message.body, why).await,
    };
    for record in records {
        let notice = match record {
            Ok(notice) => notice,
            Err((text, why)) => {
                park(&text, why).await?;
                continue;
            }
        };
        let ours = notice.change == Change::Created && notice.bucket == deps.objects.bucket();
        if let Some(key) = ExportKey::parse_job(&notice.key).filter(|_| ours) {
            let last = message.receives >= MAX_RECEIVES;
            let outcome = run::run(deps, &key, last, deadline).await?;
            tracing::info!(workspace = %key.workspace, export = %key.id, ?outcome, "an export was handled");
        }
    }
    Ok(())
}
