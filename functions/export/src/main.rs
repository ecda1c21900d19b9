//! The export function's wiring.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::Failure> {
    api::handle("export", export::Deps::new).await
}
