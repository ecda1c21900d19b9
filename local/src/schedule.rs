//! EventBridge Scheduler's part.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use platform::{Declaration, Function};
use serde_json::json;

const FIRST: Duration = Duration::from_mins(1);

/// Runs what is declared a minute after the start and then once in `every`, until `stop` resolves.
pub async fn run(
    declared: &Declaration,
    function: Arc<dyn Function>,
    every: Duration,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
        }
        if let Err(error) = function.invoke(json!({}), declared.deadline()).await {
            tracing::error!(error, name = declared.name, "a scheduled function failed");
        }
        wait = every;
    }
}
