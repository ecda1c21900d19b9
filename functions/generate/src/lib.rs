//! `/api/v1/generations`, `/api/v1/providers`, `/api/v1/recipes/lookup` and `/api/v1/assets/import`: having media made
//! by a provider, finding what was made, and taking what somebody else has made.
//!
//! A generation is written down with its assets, which wait for their files, and with what is reserved of the budget;
//! the function `jobs` does the rest. Nothing here speaks to a provider.

mod ask;
mod read;
mod taking;
mod terms;
mod traces;

use std::time::Duration;

use api::Access;
use assets::Assets;
use axum::Router;
use axum::extract::FromRef;
use generations::{Generations, Media};
use model::store::keys;
use objects::Objects;
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "generate",
    triggers: &[Trigger::Http(|| routes().into_openapi())],
    // Above the longest that a caller may wait, and below what API Gateway waits.
    timeout: Duration::from_secs(28),
    memory: 256,
    variables: &[
        "JOBS_QUEUE_URL",
        "PROVIDER_CATALOGUE",
        "PROVIDER_CREDENTIALS",
        "PUBLIC_URL",
        "STORAGE_BUCKET",
        "TABLE_NAME",
    ],
    grants: &[
        Grant {
            actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES, keys::API_KEYS]),
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
        Grant { actions: &["sqs:SendMessage"], on: Resource::Queue("jobs") },
        Grant { actions: &["secretsmanager:GetSecretValue"], on: Resource::Secrets("providers/*") },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
#[derive(Debug, Clone)]
pub struct Deps {
    api: api::Deps<Objects>,
    media: Media,
    /// The URL below which providers can reach us, where an operator has said so.
    public_url: Option<String>,
    /// True on a laptop, which no provider can reach.
    is_laptop: bool,
}

impl FromRef<Deps> for Access {
    fn from_ref(deps: &Deps) -> Self {
        Self::from_ref(&deps.api)
    }
}

impl Deps {
    fn generations(&self) -> Generations<'_> {
        let api::Deps { store, objects, clock, .. } = &self.api;
        Generations { assets: Assets { store, objects, clock }, media: &self.media }
    }
}

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(ask::create_generation, read::list_generations))
        .routes(routes!(read::get_generation))
        .routes(routes!(read::cancel_generation))
        .routes(routes!(read::list_providers))
        .routes(routes!(traces::list_spans))
        .routes(routes!(read::look_up_recipe))
        .routes(routes!(taking::adopt_generation))
        .routes(routes!(taking::import_asset))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let deps = Deps {
        api: api::Deps::new(environment, Objects::of(environment)?)?,
        media: Media::of(environment)?,
        public_url: environment.optional("PUBLIC_URL"),
        is_laptop: generations::is_laptop(environment),
    };
    Ok(api::router(routes(), deps))
}
