//! The ingest function's wiring.

use ingest::Deps;
use lambda_runtime::{LambdaEvent, service_fn};
use model::{Clock, Store};
use objects::Objects;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let deps = Deps::new(store, Objects::from_env()?, Clock::system());
    let deps = &deps;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        ingest::handle(deps, event.payload).await.map_err(lambda_runtime::Error::from)
    }))
    .await
}
