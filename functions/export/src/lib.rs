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

use std::time::Instant;

use assets::Assets;
use axum::Router;
use lambda_http::lambda_runtime::LambdaEvent;
use model::aws::Needs;
use model::store::keys;
use model::{Clock, Rate, Result, Store};
use objects::notice::{self, Change, Message, Unreadable};
use objects::{ExportKey, Objects};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use signing::Signing;

/// How often an export's event is delivered, as the template has it.
pub const MAX_RECEIVES: u32 = 3;

/// What the function needs of its deployment.
pub const NEEDS: Needs = Needs {
    variables: &["EXPORT_SIGNING_SECRET", "STORAGE_BUCKET", "TABLE_NAME"],
    actions: &[
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
    ],
    reads: &[keys::WORKSPACES, keys::API_KEYS],
    writes: &[keys::WORKSPACES, keys::PARKED],
};

/// What the function works with.
#[derive(Debug, Clone)]
pub struct Deps {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) clock: Clock,
    pub(crate) signing: Signing,
    router: Router,
}

impl Deps {
    /// Over this store and bucket, for keys that may ask as often as `rate` says.
    #[must_use]
    pub fn new(
        store: Store,
        objects: Objects,
        clock: Clock,
        signing: Signing,
        rate: Option<Rate>,
    ) -> Self {
        let deps = api::Deps::new(store.clone(), objects.clone(), clock.clone(), rate);
        Self { store, objects, clock, signing, router: api::router(routes(), deps) }
    }
}

impl Deps {
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

/// Handles an invocation: a batch of events from SQS, whose work ends before `deadline`, or a request.
pub async fn handle(
    deps: &Deps,
    event: LambdaEvent<Value>,
    deadline: Instant,
) -> std::result::Result<Value, lambda_http::Error> {
    let work = |message: Message| work(deps, message, deadline);
    match notice::each_message(&event.payload, work).await {
        Some(answer) => Ok(answer),
        None => api::answer(deps.router.clone(), event).await,
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
