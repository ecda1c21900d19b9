//! The review function's wiring.

use model::{Clock, Store};
use review::Deps;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::telemetry::init();
    let store = Store::from_env()?;
    store.connect().await;
    lambda_http::run(review::router(Deps::new(store, (), Clock::system()))).await
}
