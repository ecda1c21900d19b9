//! Deleting an asset with its objects.

use model::{
    AssetId, Deletion, DeletionReason, Record, Result, Seen, Store, Timestamp, WorkspaceId,
};

use crate::client::Objects;

impl Objects {
    /// Deletes an asset as it was `seen`, at a caller's word, one that has an approved version only by
    /// `force`. The errors are [`Store::tombstone`]'s.
    ///
    /// From the tombstone on, the asset is gone for every caller. If what follows fails, `cleanup`
    /// goes on with it within the hour, so the caller need not know.
    pub async fn delete_asset(
        &self,
        store: &Store,
        workspace: &WorkspaceId,
        id: AssetId,
        seen: &Seen,
        force: bool,
        now: Timestamp,
    ) -> Result<()> {
        let deletion = Deletion { deleted_at: now, deleted_because: DeletionReason::Deleted };
        let tombstone = store.tombstone(workspace, id, seen, force, deletion).await?;
        if let Err(error) = self.finish_delete(store, workspace, &tombstone).await {
            tracing::warn!(%workspace, %id, ?error, "a delete is left to cleanup");
        }
        Ok(())
    }

    /// Removes what is left of a tombstoned asset: its objects, then its items. Doing it again changes
    /// nothing.
    pub async fn finish_delete(
        &self,
        store: &Store,
        workspace: &WorkspaceId,
        tombstone: &Record,
    ) -> Result<()> {
        let remains = store.remains(workspace, tombstone.asset.id).await?;
        self.delete_of(tombstone, &remains.objects).await?;
        store.purge(workspace, tombstone, remains).await
    }
}
