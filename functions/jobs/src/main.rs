//! The jobs function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::handle("jobs", jobs::Deps::new).await
}
