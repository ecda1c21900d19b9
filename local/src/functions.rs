//! The functions, and what they declare.

use std::collections::BTreeMap;
use std::sync::Arc;

use platform::{Declaration, Environment, Function, Queue, Stream};
use utoipa::openapi::OpenApi;

use crate::Result;

/// Every function.
pub static ALL: &[Declaration] = &[
    list::FUNCTION,
    create::FUNCTION,
    sign::FUNCTION,
    review::FUNCTION,
    delete::FUNCTION,
    export::FUNCTION,
    generate::FUNCTION,
    team::FUNCTION,
    mcp::FUNCTION,
    ingest::FUNCTION,
    tally::FUNCTION,
    jobs::FUNCTION,
    cleanup::FUNCTION,
];

/// The functions that are started, by name.
pub type Functions = BTreeMap<&'static str, Arc<dyn Function>>;

/// The function `name`.
///
/// # Panics
///
/// Where there is none.
#[must_use]
pub fn declared(name: &str) -> &'static Declaration {
    let found = ALL.iter().find(|function| function.name == name);
    found.unwrap_or_else(|| panic!("there is no function {name}"))
}

/// The names of all functions.
#[must_use]
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|function| function.name).collect()
}

/// Every queue, with the function that gets its messages.
pub fn queues() -> impl Iterator<Item = (&'static Declaration, &'static Queue)> {
    ALL.iter().flat_map(|function| function.queues().map(move |queue| (function, queue)))
}

/// Every reader of the table's stream.
pub fn streams() -> impl Iterator<Item = (&'static Declaration, &'static Stream)> {
    ALL.iter().filter_map(|function| Some((function, function.stream()?)))
}

/// The functions in this process, each in its environment.
pub fn in_process(environment: impl Fn(&'static Declaration) -> Environment) -> Result<Functions> {
    let start = |function: &'static Declaration| {
        Ok((function.name, (function.start)(&environment(function))?.into()))
    };
    ALL.iter().map(start).collect()
}

/// The OpenAPI description of each HTTP function, from its handlers.
pub fn descriptions() -> impl Iterator<Item = (&'static str, OpenApi)> {
    ALL.iter().filter_map(|function| Some((function.name, function.routes()?)))
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// In upper case.
    pub method: &'static str,
    /// With `{names}` for what varies.
    pub path: String,
    /// The function that has it.
    pub function: &'static str,
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
