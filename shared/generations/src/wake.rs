//! The messages that wake jobs.

use std::time::Duration;

use model::{GenerationId, Result, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::Media;

/// A message that wakes a job: it says which, and nothing else is to be believed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The generation.
    pub generation: GenerationId,
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
        let wake = Wake { workspace: workspace.clone(), generation };
        let body = serde_json::to_string(&wake).map_err(model::Error::internal)?;
        let wait = u64::try_from(due.millis().saturating_sub(now.millis())).unwrap_or_default();
        self.alarms.send(&body, Duration::from_millis(wait)).await
    }
}
