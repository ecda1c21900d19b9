//! The functions, each called with an event as Lambda would call it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use export::Signing;
use futures::future::BoxFuture;
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use model::aws::Needs;
use model::{Clock, Rate, Store};
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
    /// How often a key may ask each function.
    pub rate: Option<Rate>,
}

impl Deps {
    /// What a function of the API works with that touches no objects.
    fn without_objects(self) -> api::Deps {
        api::Deps::new(self.store, (), self.clock, self.rate)
    }

    /// What a function of the API works with that touches objects.
    fn with_objects(self) -> api::Deps<Objects> {
        api::Deps::new(self.store, self.objects, self.clock, self.rate)
    }

    /// What `mcp` works with.
    fn mcp(self) -> mcp::Deps {
        mcp::Deps::new(self.with_objects(), mcp::Origins::parse(mcp::Origins::OF_THIS_MACHINE))
    }

    /// What `export` works with.
    fn export(self) -> export::Deps {
        let Self { store, objects, clock, signing, rate } = self;
        export::Deps::new(store, objects, clock, signing, rate)
    }

    /// What `ingest` works with.
    #[must_use]
    pub fn ingest(self) -> ingest::Deps {
        ingest::Deps::new(self.store, self.objects, self.clock)
    }

    /// What `tally` works with.
    #[must_use]
    pub fn tally(self) -> tally::Deps {
        tally::Deps::new(self.store, self.clock)
    }

    /// What `cleanup` works with.
    #[must_use]
    pub fn cleanup(self) -> cleanup::Deps {
        cleanup::Deps::new(self.store, self.objects, self.clock)
    }
}

/// The functions in this process, each over what `deps` gives it by its name.
pub fn in_process(deps: impl Fn(&'static str) -> Deps) -> Functions {
    let http = |name, router: fn(Deps) -> Router| -> (_, Arc<dyn Function>) {
        (name, Arc::new(Http(router(deps(name)))))
    };
    Functions::from([
        http("list", |deps| list::router(deps.without_objects())),
        http("create", |deps| create::router(deps.with_objects())),
        http("sign", |deps| sign::router(deps.with_objects())),
        http("review", |deps| review::router(deps.without_objects())),
        http("delete", |deps| delete::router(deps.with_objects())),
        http("team", |deps| team::router(deps.with_objects())),
        http("mcp", |deps| mcp::router(deps.mcp())),
        ("export", Arc::new(Export(deps("export").export()))),
        ("ingest", Arc::new(Ingest(deps("ingest").ingest()))),
        ("tally", Arc::new(Tally(deps("tally").tally()))),
        ("cleanup", Arc::new(Cleanup(deps("cleanup").cleanup()))),
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
                if method == "GET" {
                    routes.push(Route { method: "HEAD", path: path.clone(), function });
                }
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
