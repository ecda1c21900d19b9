//! The mcp function's wiring.

use mcp::{Deps, Origins};
use model::{Clock, Store};
use objects::Objects;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let rate = api::rate_from_env()?;
    let deps = api::Deps::new(store, Objects::from_env()?, Clock::system(), rate);
    let deps = Deps::new(deps, Origins::from_env()?);
    lambda_http::run(mcp::router(deps)).await
}
