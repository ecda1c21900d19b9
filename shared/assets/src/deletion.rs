//! Deleting an asset with its objects.

use std::time::Duration;

use model::{AssetId, Deletion, DeletionReason, Error, Record, Result, Seen, WorkspaceId};

use crate::Assets;

/// The time that a caller waits for what comes after the tombstone: a long history takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

impl Assets<'_> {
    /// Deletes an asset as it was `seen`, at a caller's word, one that has an approved version only by
    /// `force`. The errors are [`model::Store::tombstone`]'s.
    ///
    /// From the tombstone on, the asset is gone for every caller. If what follows fails, `cleanup`
    /// goes on with it within the hour, so the caller need not know.
    pub async fn delete(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        seen: &Seen,
        force: bool,
    ) -> Result<()> {
        let now = self.clock.now();
        let deletion = Deletion { deleted_at: now, deleted_because: DeletionReason::Deleted };
        let tombstone = self.store.tombstone(workspace, id, seen, force, deletion).await?;
        let rest = self.finish_delete(workspace, &tombstone);
        let finished = tokio::time::timeout(PATIENCE, rest).await;
        let finished = finished.unwrap_or_else(|late| Err(Error::unavailable(late)));
        if let Err(error) = finished {
            let error = model::error::loggable(&error);
            tracing::warn!(%workspace, %id, error, "a delete is left to cleanup");
        }
        Ok(())
    }

    /// Removes what is left of a tombstoned asset: its objects, then the items that lead to them, batch
    /// by batch, and its record last. It may stop anywhere: doing it again goes on, and changes nothing
    /// where it is done. Of one that went for want of an object only the items go: an object that comes
    /// after all is not what was deleted.
    pub async fn finish_delete(&self, workspace: &WorkspaceId, tombstone: &Record) -> Result<()> {
        let why = tombstone.deletion.map(|deletion| deletion.deleted_because);
        let keeps_objects = why.is_some_and(DeletionReason::is_for_want_of_object);
        loop {
            let remains = self.store.remains(workspace, tombstone.asset.id).await?;
            if !keeps_objects {
                self.objects.delete_of(tombstone, &remains.objects).await?;
            }
            if !remains.more {
                return self.store.purge(workspace, tombstone, remains).await;
            }
            self.store.discard(remains).await?;
        }
    }
}
