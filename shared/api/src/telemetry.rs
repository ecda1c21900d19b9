//! Logs: one JSON line each, as CloudWatch reads them.

use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` says what, default `info`.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_target(false)
        // CloudWatch has its own time.
        .without_time()
        .init();
}
