//! The jobs of generations: what is sent to a provider, asked of it, and fetched from it.
//!
//! What is to be done about a job is decided in [`model::job`]; here it is done. A message, a provider's webhook and the
//! schedule all wake a job in the same way ([`settle`]), and none is believed: the record says whether anything is due.
//! Seeing a message twice, late, or in any order is harmless, because whoever takes a job up holds its lease by a
//! conditional write, and a job that is not due is left alone.

mod callbacks;
mod cost;
mod fetch;
mod look;
mod outputs;
mod settle;
mod submit;
mod sweep;
mod traces;

use std::time::{Duration, Instant};

use api::Access;
use assets::Assets;
use axum::Router;
use axum::extract::FromRef;
use generations::{Generations, Media, Wake};
use model::store::keys;
use model::{Clock, Error, Result, Store};
use objects::Objects;
use objects::notice::{self, Message};
use outbound::{Outbound, Reach};
use platform::{Declaration, Environment, Function, Grant, Invocation, Queue, Resource, Trigger};
use serde_json::Value;
use spans::Exporter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The part of an invocation's time that is left for ending it in order.
const RESERVE: Duration = Duration::from_secs(30);

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "jobs",
    triggers: &[
        Trigger::Http(|| routes().into_openapi()),
        Trigger::Queue(Queue {
            name: "jobs",
            notices: &[],
            batch: 1,
            max_receives: 5,
            concurrency: 20,
        }),
        Trigger::Schedule(Duration::from_mins(1)),
    ],
    timeout: Duration::from_mins(15),
    memory: 512,
    variables: &[
        "JOBS_QUEUE_URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "PROVIDER_CATALOGUE",
        "PROVIDER_CREDENTIALS",
        "STORAGE_BUCKET",
        "TABLE_NAME",
    ],
    grants: &[
        Grant {
            actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES]),
        },
        Grant {
            actions: &[
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
            ],
            on: Resource::Table(&[keys::WORKSPACES]),
        },
        Grant { actions: &["dynamodb:Query"], on: Resource::Index("by_due") },
        Grant {
            actions: &[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:PutObject",
            ],
            on: Resource::Objects(&[objects::ASSETS]),
        },
        Grant {
            actions: &["s3:ListBucket", "s3:ListBucketMultipartUploads"],
            on: Resource::Bucket,
        },
        Grant { actions: &["sqs:SendMessage"], on: Resource::Queue("jobs") },
        Grant { actions: &["secretsmanager:GetSecretValue"], on: Resource::Secrets("providers/*") },
    ],
    start: |environment| Ok(Box::new(Deps::new(environment)?)),
};

/// The function's dependencies.
#[derive(Debug, Clone)]
pub struct Deps {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) clock: Clock,
    pub(crate) media: Media,
    pub(crate) outbound: Outbound,
    /// How far files may be fetched from.
    pub(crate) reach: Reach,
    /// The way to what collects traces, where there is one.
    pub(crate) exporter: Option<Exporter>,
    router: Router,
}

/// The state of the function's routes.
#[derive(Debug, Clone)]
pub struct Callbacks {
    api: api::Deps<Objects>,
    media: Media,
    outbound: Outbound,
}

impl FromRef<Callbacks> for Access {
    fn from_ref(callbacks: &Callbacks) -> Self {
        Self::from_ref(&callbacks.api)
    }
}

impl Deps {
    /// The dependencies that the environment names.
    pub fn new(environment: &Environment) -> Result<Self> {
        let api = api::Deps::new(environment, Objects::of(environment)?)?;
        let (media, outbound) = (Media::of(environment)?, Outbound::default());
        let (store, objects, clock) = (api.store.clone(), api.objects.clone(), api.clock.clone());
        let callbacks = Callbacks { api, media: media.clone(), outbound: outbound.clone() };
        let is_laptop = generations::is_laptop(environment);
        let reach = if is_laptop { Reach::Laptop } else { Reach::Public };
        let (exporter, router) = (traces::exporter(environment), api::router(routes(), callbacks));
        Ok(Self { store, objects, clock, media, outbound, reach, exporter, router })
    }

    pub(crate) fn assets(&self) -> Assets<'_> {
        Assets { store: &self.store, objects: &self.objects, clock: &self.clock }
    }

    pub(crate) fn generations(&self) -> Generations<'_> {
        Generations { assets: self.assets(), media: &self.media }
    }
}

/// The function's routes.
pub fn routes() -> OpenApiRouter<Callbacks> {
    OpenApiRouter::new().routes(routes!(callbacks::receive_callback))
}

impl Function for Deps {
    /// Handles a batch of messages from SQS, a provider's webhook, or the schedule's event.
    fn invoke(&self, event: Value, deadline: Instant) -> Invocation<'_> {
        let until = deadline.checked_sub(RESERVE).unwrap_or(deadline);
        Box::pin(async move {
            let work = |message: Message| work(self, message, until);
            if let Some(answer) = notice::each_message(&event, work).await {
                return Ok(answer);
            }
            if event.get("requestContext").is_some() {
                return api::answer(self.router.clone(), event).await;
            }
            let woken = sweep::sweep(self).await?;
            Ok(serde_json::json!({ "woken": woken }))
        })
    }
}

/// Settles the job that a message is about, or sends its span.
async fn work(deps: &Deps, message: Message, until: Instant) -> Result<()> {
    match serde_json::from_str::<Wake>(&message.body) {
        Ok(Wake { workspace, generation, span: Some(tries) }) => {
            traces::send(deps, &workspace, generation, tries).await
        }
        Ok(Wake { workspace, generation, span: None }) => {
            let is_again = message.receives > 1;
            settle::settle(deps, &workspace, generation, until, is_again).await
        }
        // No later delivery makes it readable, and the schedule finds the job that it was about.
        Err(error) => {
            let error = model::error::loggable(&Error::internal(error));
            tracing::error!(error, "a message cannot be read, and is left out");
            Ok(())
        }
    }
}
