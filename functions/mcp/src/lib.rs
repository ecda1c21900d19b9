//! `POST /mcp`: the store as tools of the Model Context Protocol, by streamable HTTP, without sessions:
//! each request is a JSON-RPC message, each answer its answer in JSON.

mod answers;
mod arguments;
mod changing;
mod context;
mod described;
mod given;
mod link;
mod making;
mod meaning;
mod message;
mod origins;
mod reading;
mod refusal;
mod resources;
mod schema;
mod server;
mod shown;
mod tool;

use std::sync::Arc;
use std::time::Duration;

use api::{Access, Any, ApiError, Caller, RequestScope};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use model::Error;
use model::store::keys;
use objects::Objects;
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::Context;
use crate::server::Server;

pub use arguments::MOST;
pub use message::MAX_BYTES;
pub use origins::Origins;
pub use resources::MAX_FILE;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "mcp",
    triggers: &[Trigger::Http(|| routes().into_openapi())],
    timeout: Duration::from_secs(20),
    memory: 256,
    variables: &["ALLOWED_ORIGINS", "STORAGE_BUCKET", "TABLE_NAME"],
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
        Grant { actions: &["dynamodb:Query"], on: Resource::Index("*") },
        Grant {
            actions: &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"],
            on: Resource::Objects(&[objects::ASSETS]),
        },
        Grant {
            actions: &["s3:GetObject", "s3:PutObject"],
            on: Resource::Objects(&[objects::EXPORTS]),
        },
        Grant { actions: &["s3:ListBucket", "s3:ListBucketVersions"], on: Resource::Bucket },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
#[derive(Debug, Clone)]
pub struct Deps {
    api: api::Deps<Objects>,
    origins: Origins,
}

impl FromRef<Deps> for Access {
    fn from_ref(deps: &Deps) -> Self {
        Self::from_ref(&deps.api)
    }
}

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(mcp))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let api = api::Deps::new(environment, Objects::of(environment)?)?;
    let origins = Origins::new(environment)?;
    Ok(api::router(routes(), Deps { api, origins }))
}

/// Answers one message of the Model Context Protocol.
///
/// Streamable HTTP without sessions and without streams: a request is answered in JSON, a notification
/// with 202. Which tools there are depends on the key's scopes; what a tool refuses is a result with
/// `isError`, whose text begins with a stable code.
#[utoipa::path(
    post,
    operation_id = "send_mcp_message",
    path = "/mcp",
    params(
        ("MCP-Protocol-Version" = Option<String>, Header, description = "The protocol version that was agreed on"),
        ("Mcp-Method" = Option<String>, Header, description = "From 2026-07-28 on: the message's method"),
        ("Mcp-Name" = Option<String>, Header, description = "From 2026-07-28 on: the tool that is called"),
    ),
    request_body(content = ref("#/components/schemas/JsonRpcMessage"), description = "One JSON-RPC 2.0 message, of at most 256 KiB"),
    responses(
        (status = 200, description = "A result, or an error of the protocol", body = ref("#/components/schemas/JsonRpc")),
        (status = 202, description = "A notification was taken"),
        (status = 400, description = "No JSON-RPC message, or headers that do not fit it; invalid_parameter, invalid_request", body = ref("#/components/schemas/JsonRpc")),
        (status = 403, description = "forbidden_origin: the request comes from a web page that may not send it"),
        (status = 404, description = "From 2026-07-28 on: no such method; not_found: X-Workspace-ID is not the key's", body = ref("#/components/schemas/JsonRpc")),
        (status = 406, description = "not_acceptable: the request takes no JSON"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
async fn mcp(
    State(deps): State<Deps>,
    caller: Caller<Any>,
    request: Request,
) -> api::Result<Response> {
    api::Params::parse(request.uri().query())?.finish()?;
    let request = match message::checked(request).await? {
        Ok(request) => request,
        Err(error) => return Ok(error.into_response()),
    };
    let server = Server::new(Context { deps: deps.api, caller }, RequestScope::current());
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        deps.origins.guard(
            StreamableHttpServerConfig::default()
                .with_legacy_session_mode(false)
                .with_json_response(true)
                // A key grants access, under whatever name the host is known.
                .disable_allowed_hosts(),
        ),
    );
    contracted(service.handle(request).await.map(Body::new)).await
}

/// The SDK's answer, where it is a message or nothing; what else it says in plain text, as our errors
/// are.
async fn contracted(answer: Response) -> api::Result<Response> {
    let json = answer.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
    if json || answer.status() == StatusCode::ACCEPTED {
        return Ok(answer);
    }
    let status = answer.status();
    let text = axum::body::to_bytes(answer.into_body(), message::MAX_BYTES).await;
    let text = text.map_err(Error::internal)?;
    let text = String::from_utf8_lossy(&text);
    Err(if status == StatusCode::FORBIDDEN {
        ApiError::forbidden_origin()
    } else if status.is_client_error() {
        ApiError::invalid_request(&text)
    } else {
        Error::internal(format!("the SDK answered {status}: {text}")).into()
    })
}
