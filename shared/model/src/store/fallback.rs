//! Going back to a version whose file is there: when what is newer than the approved one is too old, or
//! when the current one's file is gone.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::Store;
use super::versions::left_version;
use crate::asset::{Record, UploadStatus};
use crate::due::Settings;
use crate::error::Result;
use crate::id::{AssetId, WorkspaceId};
use crate::review::{Actor, Event, Note};
use crate::time::Timestamp;
use crate::version::VersionRecord;

/// The number of versions that are marked in one transaction, which may have a hundred items.
const AT_ONCE: usize = 40;

impl Store {
    /// Makes the approved version current again, and marks the files of newer ones to be removed (see
    /// [`Self::discarded`]), but for those that are still to come; the numbers of these versions. None
    /// where the asset has changed since it was read, or the approved version's file is not there.
    ///
    /// Each transaction holds that the record is as it was read, and the last one changes it. After a
    /// crash the record is as due as before.
    pub async fn retire(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Option<Vec<u32>>> {
        let (id, current) = (read.asset.id, read.asset.version);
        let stored = self.version_items(workspace, id, u32::MAX, None).await?;
        let target = stored.iter().find(|v| Some(v.version.version) == read.asset.approved_version);
        let Some(target) = target.filter(|v| is_there(v)) else { return Ok(None) };
        let is_over = |v: &&VersionRecord| {
            let version = &v.version;
            version.version > target.version.version
                && version.upload_status != UploadStatus::Pending
                && version.removed_at.is_none()
        };
        let over: Vec<_> = stored.iter().filter(is_over).collect();
        let others: Vec<_> = over.iter().filter(|v| v.version.version != current).collect();
        for batch in others.chunks(AT_ONCE) {
            let mut writes = vec![self.unchanged(workspace, read)?];
            for version in batch {
                writes.push(self.put_version(workspace, id, &version.retired(now))?);
            }
            if self.transact(&writes).await?.is_err() {
                return Ok(None);
            }
        }
        let left = left_version(read, &stored);
        let goes = current > target.version.version;
        let left = if goes { left.retired(now) } else { left };
        let writes = vec![self.put_version(workspace, id, &left)?];
        let written = self.go_back(workspace, read, target, settings, writes, now).await?;
        let mut numbers: Vec<_> = others.iter().map(|v| v.version.version).collect();
        numbers.extend(goes.then_some(current));
        Ok(written.then_some(numbers))
    }

    /// Makes another version current, whose file is there, in place of one whose file is gone: the
    /// approved one, else the newest. None where there is no such version.
    pub async fn fall_back(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Option<bool>> {
        let stored = self.version_items(workspace, read.asset.id, u32::MAX, None).await?;
        let others = stored.iter().filter(|v| v.version.version != read.asset.version);
        let approved = |v: &VersionRecord| Some(v.version.version) == read.asset.approved_version;
        // An approved one is not given up, even where its file is gone as well.
        let rank = |v: &&VersionRecord| (is_there(v), approved(v), v.version.version);
        let target = others.filter(|v| is_there(v) || approved(v)).max_by_key(rank);
        let Some(target) = target else { return Ok(None) };
        let writes = self.leave_version(workspace, read, &stored)?;
        self.go_back(workspace, read, target, settings, writes, now).await.map(Some)
    }

    /// Notes that the file of a version that was to lose it is gone; false where the version has changed
    /// since it was read. The version stays on record, so that no other has its number.
    pub async fn discarded(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        read: &VersionRecord,
    ) -> Result<bool> {
        let mut next = read.clone();
        next.version.storage_key = None;
        Ok(self.transact(&[self.put_version(workspace, id, &next)?]).await?.is_ok())
    }

    /// [`Self::replace`], in the name of the store itself: history tells what changed.
    pub async fn replace_noted(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        next: &Record,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<bool> {
        let event = self.put_own_event(workspace, "update", read, next, now)?;
        self.replace_with(workspace, read, next, settings, vec![event]).await
    }

    /// Makes `target` the current version, in the name of the store itself.
    async fn go_back(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        target: &VersionRecord,
        settings: &Settings,
        mut writes: Vec<TransactWriteItem>,
        now: Timestamp,
    ) -> Result<bool> {
        let next = read.at_version(target, now);
        writes.push(self.put_own_event(workspace, "fall_back", read, &next, now)?);
        self.replace_with(workspace, read, &next, settings, writes).await
    }

    fn put_own_event(
        &self,
        workspace: &WorkspaceId,
        action: &'static str,
        read: &Record,
        next: &Record,
        now: Timestamp,
    ) -> Result<TransactWriteItem> {
        let note = Note { actor: Actor::store(), comment: None, request_id: None, at: now };
        self.put_event(workspace, read.asset.id, &Event::between(action, read, next, &note))
    }
}

fn is_there(version: &VersionRecord) -> bool {
    version.version.upload_status == UploadStatus::Complete
}
