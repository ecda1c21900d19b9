//! EventBridge Scheduler's part: `cleanup`, once an hour.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::functions::Function;

const FIRST: Duration = Duration::from_mins(1);
/// How often `cleanup` runs, as the template has it.
pub const EVERY: Duration = Duration::from_hours(1);

/// Runs `cleanup` a minute after the start and then every hour, until `stop` resolves.
pub async fn run(cleanup: Arc<dyn Function>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
        }
        if let Err(error) = cleanup.invoke(json!({})).await {
            tracing::error!(error, "cleanup failed");
        }
        wait = EVERY;
    }
}
