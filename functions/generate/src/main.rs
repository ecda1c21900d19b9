//! The generate function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::serve("generate", generate::router).await
}
