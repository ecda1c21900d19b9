//! An object's going, and the change that it makes to its asset.

use model::asset::{Record, Sequencer};
use model::due::Settings;
use model::store::{Attempts, keys};
use model::{AssetId, Result, WorkspaceId};
use objects::ObjectKey;

use crate::Assets;
use crate::event::Outcome;

impl Assets<'_> {
    /// The asset that an object's key leads to.
    pub async fn asset_of(&self, key: &ObjectKey) -> Result<Option<AssetId>> {
        match key {
            ObjectKey::Asset { id, .. } => Ok(Some(*id)),
            ObjectKey::Upload { .. } => {
                let digest = keys::object_digest(self.objects.bucket(), &key.to_string());
                self.store.pointer(key.workspace(), &digest).await
            }
        }
    }

    /// An object is gone, by an event or, without one, because `cleanup` missed it. Never brings
    /// anything back, and does nothing where the object is there after all.
    pub async fn gone(&self, key: &ObjectKey, sequencer: Option<Sequencer>) -> Result<Outcome> {
        let (workspace, text) = (key.workspace(), key.to_string());
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let Some(id) = self.asset_of(key).await? else { return Ok(Outcome::Known) };
            let found = self.store.find(workspace, id).await?;
            let Some(read) = found else { return Ok(Outcome::Known) };
            if read.asset.storage_key.as_deref() != Some(&text) {
                match version_gone(self, workspace, &read, key, sequencer.clone()).await? {
                    Some(outcome) => return Ok(outcome),
                    None => continue,
                }
            }
            let next = read.without_object(sequencer.clone(), self.clock.now());
            let Some(next) = next else { return Ok(Outcome::Known) };
            if self.objects.head(&text).await?.is_some() {
                return Ok(Outcome::Superseded);
            }
            let settings = self.store.settings(workspace).await?;
            if self.store.replace(workspace, &read, &next, &settings).await? {
                return Ok(Outcome::MarkedMissing);
            }
        }
    }
}

/// The object of a version that is not current is gone. None where something changed meanwhile.
async fn version_gone(
    deps: &Assets<'_>,
    workspace: &WorkspaceId,
    record: &Record,
    key: &ObjectKey,
    sequencer: Option<Sequencer>,
) -> Result<Option<Outcome>> {
    let number = match key {
        ObjectKey::Asset { version, .. } => *version,
        // What a producer uploads is a first version.
        ObjectKey::Upload { .. } => 1,
    };
    let text = key.to_string();
    let read = deps.store.version(workspace, record, number).await?;
    let named = read.filter(|read| read.version.storage_key.as_deref() == Some(&text));
    let next = named.and_then(|read| read.without_object(sequencer));
    let Some(next) = next else { return Ok(Some(Outcome::Known)) };
    if deps.objects.head(&text).await?.is_some() {
        return Ok(Some(Outcome::Superseded));
    }
    let (settings, now) = (Settings::default(), deps.clock.now());
    let written = deps.store.replace_version(workspace, record, &next, &settings, now).await?;
    Ok(written.then_some(Outcome::MarkedMissing))
}
