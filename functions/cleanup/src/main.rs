//! The cleanup function's wiring.

use std::time::{Duration, Instant, SystemTime};

use cleanup::Deps;
use lambda_runtime::{LambdaEvent, service_fn};
use model::{Clock, Store};
use objects::Objects;
use serde_json::Value;

/// The part of an invocation's time that is left for ending it in order.
const RESERVE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let deps = Deps::new(store, Objects::from_env()?, Clock::system()).with_limits_from_env()?;
    let deps = &deps;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let deadline = Instant::now() + left.saturating_sub(RESERVE);
        let report = cleanup::run(deps, deadline).await?;
        Ok::<_, lambda_runtime::Error>(serde_json::to_value(report)?)
    }))
    .await
}
