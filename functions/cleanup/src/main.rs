//! The cleanup function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::handle("cleanup", cleanup::Deps::new).await
}
