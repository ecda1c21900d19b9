//! The team function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::serve("team", team::router).await
}
