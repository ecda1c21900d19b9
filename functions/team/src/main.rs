//! The team function's wiring.

use model::{Clock, Store};
use objects::Objects;
use team::Deps;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let deps = Deps::new(store, Objects::from_env()?, Clock::system());
    lambda_http::run(team::router(deps)).await
}
