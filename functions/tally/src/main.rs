//! The tally function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::handle("tally", tally::Deps::new).await
}
