//! Asking for exports, and again for those that nobody is at.

use model::export::Failure;
use model::{
    Actor, Checksum, Error, ExportId, ExportRecord, ExportStatus, IdempotencyKey, Result,
    WorkspaceId,
};
use objects::{ExportKey, Lifetime, Signed};

use crate::Assets;

/// The largest text that says what an export is to be, in bytes: as large as a request may be.
const MOST_REQUEST: usize = 6 << 20;

impl Assets<'_> {
    /// Asks in the name of `actor` for the export that `request` describes: it is kept as an object, and
    /// that it arrives is the event that begins the work. Under an idempotency key it is asked for once;
    /// its errors are those of [`model::Store::create_export`].
    pub async fn ask_for_export(
        &self,
        workspace: &WorkspaceId,
        actor: Actor,
        request: Vec<u8>,
        idempotency: Option<&IdempotencyKey>,
    ) -> Result<ExportRecord> {
        let (now, digest) = (self.clock.now(), Checksum::of(&request));
        let record = ExportRecord::new(workspace.clone(), actor, now);
        let asked = idempotency.map(|name| (name, &digest));
        let record = self.store.create_export(workspace, record, asked, now).await?;
        if record.export.status == ExportStatus::Queued {
            // Also for an attempt that stopped before it; a second event makes nothing else of it.
            let key = ExportKey { workspace: workspace.clone(), id: record.export.id };
            self.objects.put(&key.job(), request, "application/json").await?;
        }
        Ok(record)
    }

    /// The export, begun anew where nobody is at it any more; [`Error::NotFound`] where there is none, or it
    /// ended too long ago.
    pub async fn export(&self, workspace: &WorkspaceId, id: ExportId) -> Result<ExportRecord> {
        let now = self.clock.now();
        let found = self.store.find_export(workspace, id).await?;
        let record = found.filter(|record| record.export.expires_at.is_none_or(|at| at > now));
        let record = record.ok_or(Error::NotFound)?;
        if !record.is_abandoned(now) {
            return Ok(record);
        }
        Ok(self.resume_export(workspace, &record).await?.unwrap_or(record))
    }

    /// A link to the export's archive, for as long as links live unless asked for otherwise; none where there is
    /// no archive.
    pub async fn archive(
        &self,
        workspace: &WorkspaceId,
        record: &ExportRecord,
    ) -> Result<Option<Signed>> {
        if record.export.status != ExportStatus::Succeeded {
            return Ok(None);
        }
        let key = ExportKey { workspace: workspace.clone(), id: record.export.id };
        let seconds = Lifetime::default().seconds();
        Ok(Some(self.objects.sign_archive(&key, seconds, self.clock.now()).await?))
    }

    /// Has an export begun anew: what was asked for is stored again, and that it arrives is the event that
    /// begins the work. The record comes back as it is then, failed where nothing says what was asked for;
    /// none where someone else was faster.
    pub async fn resume_export(
        &self,
        workspace: &WorkspaceId,
        read: &ExportRecord,
    ) -> Result<Option<ExportRecord>> {
        let (Self { store, objects, .. }, now) = (self, self.clock.now());
        let key = ExportKey { workspace: workspace.clone(), id: read.export.id };
        let Some(request) = objects.read(&key.job(), MOST_REQUEST).await? else {
            let why = "what was asked for was not kept; ask for it again";
            let failed = read.failed(Failure::new("stalled", why), now);
            return store.replace_export(workspace, read, failed).await;
        };
        // Of several that ask at once, one stores it; if it dies in between, the next does.
        let resumed = store.replace_export(workspace, read, read.resumed(now)).await?;
        if resumed.is_some() {
            objects.put(&key.job(), request, "application/json").await?;
        }
        Ok(resumed)
    }
}
