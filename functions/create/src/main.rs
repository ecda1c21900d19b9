//! The create function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::serve("create", create::router).await
}
