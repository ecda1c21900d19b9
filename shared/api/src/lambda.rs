//! Functions as Lambda starts and invokes them.

use std::time::{Instant, SystemTime};

use axum::Router;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, Service};
use model::Store;
use platform::{Environment, Failure, Function, Invocation};
use serde_json::Value;

use crate::telemetry;

/// Runs the function `name`, which answers requests alone.
pub async fn serve(
    name: &'static str,
    router: impl FnOnce(&Environment) -> model::Result<Router>,
) -> Result<(), Failure> {
    let router = start(name, router).await?;
    lambda_http::run(router).await
}

/// Runs the function `name`, which handles events.
pub async fn handle<F: Function>(
    name: &'static str,
    function: impl FnOnce(&Environment) -> model::Result<F>,
) -> Result<(), Failure> {
    let function = &start(name, function).await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        function.invoke(event.payload, Instant::now() + left).await
    }))
    .await
}

/// Starts a function, and opens its connection to the table, so that the first event does not wait for it.
async fn start<F>(
    name: &'static str,
    function: impl FnOnce(&Environment) -> model::Result<F>,
) -> Result<F, Failure> {
    telemetry::init(name);
    let environment = Environment::of_process();
    let function = function(&environment)?;
    Store::of(&environment)?.connect().await;
    Ok(function)
}

/// A function that answers requests alone.
pub struct Http(pub Router);

impl Function for Http {
    fn invoke(&self, event: Value, _: Instant) -> Invocation<'_> {
        Box::pin(answer(self.0.clone(), event))
    }
}

/// The answer of `router` to an event of API Gateway, by `lambda_http`'s own conversion, as Lambda takes
/// it back.
pub async fn answer(router: Router, event: Value) -> Result<Value, Failure> {
    let request: LambdaRequest = serde_json::from_str(&event.to_string())?;
    // Apart from its await, since the adapter must not live across it: it is not shared by threads.
    let response = Adapter::from(router).call(LambdaEvent::new(request, Context::default()));
    Ok(serde_json::to_value(response.await?)?)
}
