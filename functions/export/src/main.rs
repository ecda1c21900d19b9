//! The export function's wiring.

use std::time::{Duration, Instant, SystemTime};

use export::{Deps, Signing};
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use model::{Clock, Store};
use objects::Objects;
use serde_json::Value;

/// The part of an invocation's time that is left for ending it in order.
const RESERVE: Duration = Duration::from_secs(15);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let (signing, rate) = (Signing::from_env()?, api::rate_from_env()?);
    let deps = Deps::new(store, Objects::from_env()?, Clock::system(), signing, rate);
    let deps = &deps;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let deadline = Instant::now() + left.saturating_sub(RESERVE);
        export::handle(deps, event, deadline).await
    }))
    .await
}
