//! Exports that nobody is at.

use model::export::Failure;
use model::{ExportRecord, Result, Store, Timestamp, WorkspaceId};

use crate::client::Objects;
use crate::key::ExportKey;

/// The largest text that says what an export is to be, in bytes: as large as a request may be.
const MOST_REQUEST: usize = 6 << 20;

impl Objects {
    /// Has an export begun anew: what was asked for is stored again, and that it arrives is the event that
    /// begins the work. The record comes back as it is then, failed where nothing says what was asked for;
    /// none where someone else was faster.
    pub async fn resume_export(
        &self,
        store: &Store,
        workspace: &WorkspaceId,
        read: &ExportRecord,
        now: Timestamp,
    ) -> Result<Option<ExportRecord>> {
        let key = ExportKey { workspace: workspace.clone(), id: read.export.id };
        let Some(request) = self.read(&key.job(), MOST_REQUEST).await? else {
            let why = "what was asked for was not kept; ask for it again";
            let failed = read.failed(Failure::new("stalled", why), now);
            return store.replace_export(workspace, read, failed).await;
        };
        // Of several that ask at once, one stores it; if it dies in between, the next does.
        let resumed = store.replace_export(workspace, read, read.resumed(now)).await?;
        if resumed.is_some() {
            self.put(&key.job(), request, "application/json").await?;
        }
        Ok(resumed)
    }
}
