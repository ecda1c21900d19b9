//! The team function's wiring.

use model::{Clock, Store};
use objects::Objects;
use team::Deps;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let rate = api::rate_from_env()?;
    let deps = Deps::new(store, Objects::from_env()?, Clock::system(), rate);
    lambda_http::run(team::router(deps)).await
}
