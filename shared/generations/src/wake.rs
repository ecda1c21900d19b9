//! The messages about jobs.

use std::time::Duration;

use model::{GenerationId, Result, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::Media;

/// A message about a job: it says which, and nothing else is to be believed of it. It wakes the job, or has its span sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The generation.
    pub generation: GenerationId,
    /// Where its span is to be sent: how often that was tried in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<u32>,
}

impl Media {
    /// Has a job woken when it is due. Where that fails, the schedule wakes it, a minute later at most.
    pub async fn wake(
        &self,
        workspace: &WorkspaceId,
        generation: GenerationId,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let wait = u64::try_from(due.millis().saturating_sub(now.millis())).unwrap_or_default();
        let wake = Wake { workspace: workspace.clone(), generation, span: None };
        self.send(&wake, Duration::from_millis(wait)).await
    }

    /// Has the span of a job that is over sent after `wait`, where this was tried `tries` times in vain.
    pub async fn tell(
        &self,
        workspace: &WorkspaceId,
        generation: GenerationId,
        tries: u32,
        wait: Duration,
    ) -> Result<()> {
        let wake = Wake { workspace: workspace.clone(), generation, span: Some(tries) };
        self.send(&wake, wait).await
    }

    async fn send(&self, wake: &Wake, wait: Duration) -> Result<()> {
        let body = serde_json::to_string(wake).map_err(model::Error::internal)?;
        self.alarms.send(&body, wait).await
    }
}
