//! The review function's wiring.

use model::{Clock, Store};
use review::Deps;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    let deps = Deps::new(store, (), Clock::system(), api::rate_from_env()?);
    lambda_http::run(review::router(deps)).await
}
