//! The functions, each called with an event as Lambda would call it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use export::Signing;
use futures::future::BoxFuture;
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use model::aws::Needs;
use model::{Clock, Store};
use objects::Objects;
use serde_json::Value;

use crate::Result;
use crate::gateway::Route;

/// How long an invocation of the function may take, as the template has it.
#[must_use]
pub fn timeout(name: &str) -> Duration {
    match name {
        "cleanup" | "export" => Duration::from_mins(15),
        "ingest" | "tally" => Duration::from_mins(1),
        _ => Duration::from_secs(20),
    }
}

/// A function: an event goes in, an answer comes out.
pub trait Function: Send + Sync {
    /// Calls the function.
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value>>;
}

/// Every function, by name.
pub type Functions = BTreeMap<&'static str, Arc<dyn Function>>;

/// The names of all functions, as directories, packages and binaries have them.
pub const NAMES: [&str; 11] = [
    "list", "create", "sign", "review", "delete", "export", "team", "mcp", "ingest", "tally",
    "cleanup",
];

/// What the functions work with.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The table.
    pub store: Store,
    /// The bucket.
    pub objects: Objects,
    /// The time.
    pub clock: Clock,
    /// What exports are signed with.
    pub signing: Signing,
}

/// The functions in this process.
#[must_use]
pub fn in_process(deps: &Deps) -> Functions {
    let Deps { store, objects, clock, signing } = deps.clone();
    let all = || (store.clone(), objects.clone(), clock.clone());
    let list = list::router(list::Deps::new(store.clone(), (), clock.clone()));
    let (s, o, c) = all();
    let create = create::router(create::Deps::new(s, o, c));
    let (s, o, c) = all();
    let sign = sign::router(sign::Deps::new(s, o, c));
    let review = review::router(review::Deps::new(store.clone(), (), clock.clone()));
    let (s, o, c) = all();
    let delete = delete::router(delete::Deps::new(s, o, c));
    let (s, o, c) = all();
    let export = Export(export::Deps::new(s, o, c, signing));
    let (s, o, c) = all();
    let team = team::router(team::Deps::new(s, o, c));
    let (s, o, c) = all();
    let mcp = mcp::router(mcp::Deps::new(s, o, c));
    let (s, o, c) = all();
    let ingest = Ingest(ingest::Deps::new(s, o, c));
    let tally = Tally(tally::Deps::new(store.clone(), clock.clone()));
    let (s, o, c) = all();
    let cleanup = Cleanup(cleanup::Deps::new(s, o, c));
    Functions::from([
        ("list", Arc::new(Http(list)) as Arc<dyn Function>),
        ("create", Arc::new(Http(create))),
        ("sign", Arc::new(Http(sign))),
        ("review", Arc::new(Http(review))),
        ("delete", Arc::new(Http(delete))),
        ("export", Arc::new(export)),
        ("team", Arc::new(Http(team))),
        ("mcp", Arc::new(Http(mcp))),
        ("ingest", Arc::new(ingest)),
        ("tally", Arc::new(tally)),
        ("cleanup", Arc::new(cleanup)),
    ])
}

/// What each function needs of its deployment.
pub const NEEDS: [(&str, Needs); 11] = [
    ("list", list::NEEDS),
    ("create", create::NEEDS),
    ("sign", sign::NEEDS),
    ("review", review::NEEDS),
    ("delete", delete::NEEDS),
    ("export", export::NEEDS),
    ("team", team::NEEDS),
    ("mcp", mcp::NEEDS),
    ("ingest", ingest::NEEDS),
    ("tally", tally::NEEDS),
    ("cleanup", cleanup::NEEDS),
];

/// The OpenAPI description of each HTTP function, from its handlers.
#[must_use]
pub fn descriptions() -> Vec<(&'static str, utoipa::openapi::OpenApi)> {
    vec![
        ("list", list::routes().into_openapi()),
        ("create", create::routes().into_openapi()),
        ("sign", sign::routes().into_openapi()),
        ("review", review::routes().into_openapi()),
        ("delete", delete::routes().into_openapi()),
        ("export", export::routes().into_openapi()),
        ("team", team::routes().into_openapi()),
        ("mcp", mcp::routes().into_openapi()),
    ]
}

/// Every route, from the functions' descriptions.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    for (function, description) in descriptions() {
        for (path, item) in description.paths.paths {
            let operations = [
                ("GET", item.get),
                ("POST", item.post),
                ("PUT", item.put),
                ("PATCH", item.patch),
                ("DELETE", item.delete),
            ];
            for (method, _) in operations.into_iter().filter(|(_, operation)| operation.is_some()) {
                routes.push(Route { method, path: path.clone(), function });
            }
        }
    }
    routes
}

/// An HTTP function: the event goes through `lambda_http`'s own conversion and back.
struct Http(Router);

impl Function for Http {
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move {
            api::answer(self.0.clone(), LambdaEvent::new(event, Context::default())).await
        })
    }
}

struct Export(export::Deps);

impl Function for Export {
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move {
            let deadline = Instant::now() + timeout("export");
            let event = LambdaEvent::new(event, Context::default());
            export::handle(&self.0, event, deadline).await
        })
    }
}

struct Ingest(ingest::Deps);

impl Function for Ingest {
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move { Ok(ingest::handle(&self.0, event).await?) })
    }
}

struct Tally(tally::Deps);

impl Function for Tally {
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move { Ok(tally::handle(&self.0, event).await?) })
    }
}

struct Cleanup(cleanup::Deps);

impl Function for Cleanup {
    fn invoke(&self, _: Value) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move {
            let report = cleanup::run(&self.0, Instant::now() + timeout("cleanup")).await?;
            Ok(serde_json::to_value(report)?)
        })
    }
}
