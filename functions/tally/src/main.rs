//! The tally function's wiring.

use lambda_runtime::{LambdaEvent, service_fn};
use model::{Clock, Store};
use serde_json::Value;
use tally::Deps;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let deps = Deps::new(store, Clock::system());
    let deps = &deps;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        tally::handle(deps, event.payload).await.map_err(lambda_runtime::Error::from)
    }))
    .await
}
