//! The ingest function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::handle("ingest", ingest::Deps::new).await
}
