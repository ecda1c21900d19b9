//! Versions of an asset.

use aws_sdk_dynamodb::types::{
    ConditionCheck, ReturnConsumedCapacity, ReturnValue, TransactWriteItem,
};
use futures::future::{try_join, try_join3};

use super::create::{Answered, idempotency_conflict};
use super::item::{self, Item, n, s};
use super::migrate::{self, Nothing, Stored};
use super::record;
use super::schema::TTL;
use super::transaction::{NEW, Transaction, Writes};
use super::{Attempts, Store, failure, keys};
use crate::asset::{Record, Sequencer, Status, UploadStatus};
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::review::{Event, Note};
use crate::seen::Seen;
use crate::text::{Checksum, IdempotencyKey};
use crate::time::{DAY, Timestamp};
use crate::version::{MOST_VERSIONS, Version, VersionRecord};

/// The time for which the highest number that a version was given is remembered after that, in
/// milliseconds; later, it is told from the versions that there are.
const REMEMBERED: i64 = 30 * DAY;

/// A write of the registration of a version.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// Nothing: it holds that the asset may have another.
    Asset,
    Version,
    /// The asset's first version, which has had no item of its own.
    First,
    Answer,
}

impl Store {
    /// The asset and its versions, newest first; [`Error::NotFound`] where there is none. What can be
    /// read of at most `limit` of those before the version `before`; and before which to go on, none at
    /// the end.
    pub async fn versions(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<(Record, Vec<Version>, Option<u32>)> {
        let before = before.unwrap_or(u32::MAX);
        let range = version_range(workspace, id, before);
        let query = self.latest(range).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let items = async { Ok(query.send().await.map_err(failure)?.items.unwrap_or_default()) };
        let (record, items) = try_join(self.get(workspace, id), items).await?;
        let current = record.asset.version;
        if items.is_empty() && before > current {
            let only = VersionRecord::current(&record, None).version;
            return Ok((record, vec![only], None));
        }
        let last = items.last().and_then(|item| keys::parse_version(item::text(item, "sk")?));
        let next = last.filter(|last| items.len() >= limit && *last > 1);
        let found = items
            .into_iter()
            .filter_map(|item| item::readable(item, migrate::read::<VersionRecord>));
        let versions = found.map(|stored| match stored.version.version {
            number if number == current => {
                VersionRecord::current(&record, Some(&stored.version)).version
            }
            _ => stored.version,
        });
        let versions = versions.collect();
        Ok((record, versions, next))
    }

    /// Version `number` of the asset, as it is now.
    pub async fn version(
        &self,
        workspace: &WorkspaceId,
        record: &Record,
        number: u32,
    ) -> Result<Option<VersionRecord>> {
        if number == record.asset.version {
            return Ok(Some(VersionRecord::current(record, None)));
        }
        let found = self.get_item(keys::version(workspace, record.asset.id, number), true).await?;
        found.map(migrate::read).transpose()
    }

    /// True if the asset has had more than one version: also where these cannot be read.
    pub async fn has_versions(&self, workspace: &WorkspaceId, id: AssetId) -> Result<bool> {
        let query = self.latest(version_range(workspace, id, u32::MAX)).limit(1);
        Ok(!query.send().await.map_err(failure)?.items().is_empty())
    }

    /// Registers the next version of the asset, made by `make` from its number, whose object is still
    /// to come; the version of an earlier attempt, where the request was made before.
    /// Also the asset, as it was read.
    ///
    /// [`Error::NotFound`] where the asset is gone; [`Error::Changed`] where it is not as it was
    /// `seen`; [`Error::Conflict`] `no_object` where its first file is still to come, `archived`,
    /// `too_many_versions`, `idempotency_conflict`; [`Error::Contended`] where there was no end of
    /// others.
    pub async fn add_version(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        seen: &Seen,
        request: Option<&(IdempotencyKey, Checksum)>,
        now: Timestamp,
        make: impl Fn(u32) -> Result<Version>,
    ) -> Result<(Record, VersionRecord)> {
        let (mut attempts, mut taken) = (Attempts::default(), None);
        loop {
            attempts.next().await?;
            let highest = self.version_items(workspace, id, u32::MAX, Some(1));
            let (read, mut highest) = try_join(self.get(workspace, id), highest).await?;
            // Whatever has become of the asset since, a repeated request is answered as it was.
            if let Some(request) = request
                && let Some(known) = self.answered_version(workspace, id, request, now).await?
            {
                return Ok((read, known));
            }
            may_have_versions(&read, seen)?;
            let highest = highest.pop().map(|highest| highest.version.version);
            let number = match taken {
                Some(number) => number,
                None => self.next_version(workspace, &read, highest, now).await?,
            };
            let version = VersionRecord { revision: 1, ..VersionRecord::new(make(number)?) };
            let mut writes = Writes::new();
            writes.add(Part::Asset, self.check_versions(workspace, &read, seen)?);
            let put = |version| self.put(encode(workspace, id, version)?, NEW, None);
            writes.add(Part::Version, put(&version)?);
            if highest.is_none() {
                let first = VersionRecord::current(&read, None);
                writes.add(Part::First, put(&VersionRecord { revision: 1, ..first })?);
            }
            if let Some((name, digest)) = request {
                let answer = self.answer(workspace, name, digest, id, Some(number), now)?;
                writes.add(Part::Answer, answer);
            }
            taken = match self.try_transact(writes.all()).await? {
                Transaction::Done => return Ok((read, version)),
                // The number is another's after all: the counter was forgotten, and begun anew.
                Transaction::Refused(reasons) if writes.failed(&reasons, Part::Version) => None,
                Transaction::Refused(_) | Transaction::Met => Some(number),
            };
        }
    }

    /// The version that an earlier attempt of the request has registered.
    async fn answered_version(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        (name, digest): &(IdempotencyKey, Checksum),
        now: Timestamp,
    ) -> Result<Option<VersionRecord>> {
        let found = self.get_item(keys::idempotency(workspace, name), true).await?;
        let answered = found.map(migrate::read::<Answered>).transpose()?;
        let Some(answered) = answered.filter(|answered| answered.counts(now)) else {
            return Ok(None);
        };
        let number = answered.version.filter(|_| answered.is_for(id, digest));
        let number = number.ok_or_else(idempotency_conflict)?;
        let found = self.get_item(keys::version(workspace, id, number), true).await?;
        found.map(migrate::read).transpose()?.ok_or(Error::NotFound).map(Some)
    }

    /// A number that no other version of the asset was given: the next one, of a counter, where
    /// `highest` is the highest stored. What takes a number and then is refused leaves it unused.
    async fn next_version(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        highest: Option<u32>,
        now: Timestamp,
    ) -> Result<u32> {
        let known = highest.unwrap_or(read.asset.version);
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key_item(keys::last_version(workspace, read.asset.id))))
            .update_expression("SET #last = if_not_exists(#last, :known) + :one, #ttl = :ttl")
            .expression_attribute_names("#last", LAST)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":known", n(known))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":ttl", n(now.plus(REMEMBERED).seconds()))
            .return_values(ReturnValue::UpdatedNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let last = answer.attributes().and_then(|item| item.get(LAST)?.as_n().ok());
        let number = last.and_then(|last| last.parse().ok());
        let number = number.ok_or_else(|| Error::internal("a counter that does not count"))?;
        if number > MOST_VERSIONS {
            return Err(Error::Conflict {
                code: "too_many_versions",
                detail: format!("an asset has at most {MOST_VERSIONS} versions"),
            });
        }
        Ok(number)
    }

    /// Writes what is known of a version now, `next` in place of `read`. A version that is there and
    /// newer than all that are becomes the asset's current one, in the same transaction. False where
    /// something has changed since it was read, or is about to.
    pub async fn replace_version(
        &self,
        workspace: &WorkspaceId,
        record: &Record,
        next: &VersionRecord,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<bool> {
        let (id, number) = (record.asset.id, next.version.version);
        let put = self.put_version(workspace, id, next)?;
        let arrives = next.version.upload_status == UploadStatus::Complete;
        let newest = arrives && record.asset.version < number;
        if !newest || self.is_behind(workspace, id, number).await? {
            return Ok(matches!(self.try_transact(&[put]).await?, Transaction::Done));
        }
        let to = record.at_version(next, now);
        let current = keys::version(workspace, id, record.asset.version);
        let current = self.get_item(current, true).await?.map(migrate::read).transpose()?;
        let mut writes = vec![put];
        writes.extend(self.leave_version(workspace, record, current.as_slice())?);
        if let Some(actor) = next.version.created_by.clone() {
            let note = Note { actor, comment: None, request_id: None, at: now };
            let event = Event::between("version", record, &to, &note);
            writes.push(self.put_event(workspace, id, &event)?);
        }
        self.replace_with(workspace, record, &to, settings, writes).await
    }

    /// True if a later version than `number` is there.
    async fn is_behind(&self, workspace: &WorkspaceId, id: AssetId, number: u32) -> Result<bool> {
        let later = [number + 1, MOST_VERSIONS + 1];
        let range = later.map(|number| keys::version(workspace, id, number));
        let mut items = self.latest(range).into_paginator().items().send();
        while let Some(item) = items.next().await {
            let later: VersionRecord = migrate::read(item.map_err(failure)?)?;
            if later.version.upload_status == UploadStatus::Complete {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes that a link to upload the version's object is signed at `now`: it is waited for from then on.
    /// False where the version has changed since it was read.
    pub async fn renew_version_link(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        read: &VersionRecord,
        now: Timestamp,
    ) -> Result<bool> {
        let next = VersionRecord { link_at: Some(now), ..read.clone() };
        Ok(self.transact(&[self.put_version(workspace, id, &next)?]).await?.is_ok())
    }

    /// Removes a version whose object never came; false where it has changed since.
    pub async fn abandon_version(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        read: &VersionRecord,
    ) -> Result<bool> {
        let key = keys::version(workspace, id, read.version.version);
        self.delete_unchanged(key, read.revision).await
    }

    /// Makes version `number` the asset's current one; none where it has no such version.
    /// [`Error::Changed`] where the asset is not as it was `seen`; [`Error::Conflict`] `archived`,
    /// `no_object`; [`Error::Contended`] where there was no end of others.
    pub async fn rollback(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        number: u32,
        seen: &Seen,
        note: &Note,
    ) -> Result<Option<Record>> {
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let (read, settings, stored) = try_join3(
                self.get(workspace, id),
                self.settings(workspace),
                self.version_items(workspace, id, u32::MAX, None),
            )
            .await?;
            seen.check(&read)?;
            if read.asset.status == Status::Archived {
                return Err(archived());
            }
            if read.asset.version == number {
                return Ok(Some(read));
            }
            let Some(target) = stored.iter().find(|v| v.version.version == number) else {
                return Ok(None);
            };
            if target.version.upload_status != UploadStatus::Complete {
                return Err(Error::Conflict {
                    code: "no_object",
                    detail: "the version's file is not there".to_owned(),
                });
            }
            let mut next = read.at_version(target, note.at);
            let event = Event::between("rollback", &read, &next, note);
            let mut writes = self.leave_version(workspace, &read, &stored)?;
            writes.push(self.put_event(workspace, id, &event)?);
            if self.replace_with(workspace, &read, &next, &settings, writes).await? {
                next.revision = read.revision + 1;
                return Ok(Some(next));
            }
        }
    }

    /// The stored versions before `before` that can be read, newest first, `limit` of them or all.
    pub(super) async fn version_items(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        before: u32,
        limit: Option<usize>,
    ) -> Result<Vec<VersionRecord>> {
        let range = version_range(workspace, id, before);
        let most = limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
        let query = self.latest(range).set_limit(most);
        let mut found = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            found.extend(item::readable(item.map_err(failure)?, migrate::read));
            if limit.is_some_and(|limit| found.len() >= limit) {
                break;
            }
        }
        Ok(found)
    }

    /// That the asset still may have versions; where it matters what was seen of it, that it still is
    /// as it was read.
    fn check_versions(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        seen: &Seen,
    ) -> Result<TransactWriteItem> {
        if !seen.is_anything() {
            return self.unchanged(workspace, read);
        }
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(item::key_item(keys::asset(workspace, read.asset.id))))
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(deleted_at) AND #status <> :archived",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":archived", s(Status::Archived.as_str()))
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Keeps the current version's item as the version is when another takes its place.
    pub(super) fn leave_version(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        stored: &[VersionRecord],
    ) -> Result<Vec<TransactWriteItem>> {
        Ok(vec![self.put_version(workspace, read.asset.id, &left_version(read, stored))?])
    }

    /// Writes a version over the revision that it was read at.
    pub(super) fn put_version(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        next: &VersionRecord,
    ) -> Result<TransactWriteItem> {
        let read = next.revision;
        let next = VersionRecord { revision: read + 1, ..next.clone() };
        let item = encode(workspace, id, &next)?;
        if read == 0 { self.put(item, NEW, None) } else { self.put_over(read, item) }
    }
}

/// The current version as it is when another takes its place.
pub(super) fn left_version(read: &Record, stored: &[VersionRecord]) -> VersionRecord {
    let known = stored.iter().find(|stored| stored.version.version == read.asset.version);
    let left = VersionRecord::current(read, known.map(|known| &known.version));
    VersionRecord { revision: known.map_or(0, |known| known.revision), ..left }
}

/// The attribute that holds the number in the item of a version counter.
const LAST: &str = "last";

/// Checks that the asset, as it was read, may have another version.
fn may_have_versions(read: &Record, seen: &Seen) -> Result<()> {
    seen.check(read)?;
    if read.asset.upload_status == UploadStatus::Pending {
        let detail = "its first version is still to be uploaded".to_owned();
        return Err(Error::Conflict { code: "no_object", detail });
    }
    if read.asset.status == Status::Archived { Err(archived()) } else { Ok(()) }
}

fn archived() -> Error {
    let detail = "the asset is archived; restore it first".to_owned();
    Error::Conflict { code: "archived", detail }
}

pub(super) fn encode(workspace: &WorkspaceId, id: AssetId, record: &VersionRecord) -> Result<Item> {
    let version = &record.version;
    let mut item = item::under(keys::version(workspace, id, version.version), version)?;
    migrate::mark::<VersionRecord>(&mut item);
    item.insert("revision".to_owned(), n(record.revision));
    let texts = [
        ("etag", record.etag.clone()),
        ("sequencer", record.sequencer.as_ref().map(|sequencer| sequencer.as_str().to_owned())),
        ("link_at", record.link_at.map(|at| at.to_string())),
    ];
    item.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), s(text?)))));
    if let Some(at) = record.due_at() {
        item.insert("by_due".to_owned(), s(keys::due_shard_of(id.bytes())));
        item.insert("due_at".to_owned(), s(at));
    }
    Ok(item)
}

/// The keys of an asset's versions before `before`, the first and the last.
fn version_range(workspace: &WorkspaceId, id: AssetId, before: u32) -> [keys::Key; 2] {
    let last = before.saturating_sub(1).min(MOST_VERSIONS);
    [0, last].map(|number| keys::version(workspace, id, number))
}

impl Stored for VersionRecord {
    const KIND: &'static str = "version";
    type Previous = Nothing;

    fn migrate(previous: Nothing) -> Self {
        match previous {}
    }

    fn decode(mut item: Item) -> Result<Self> {
        record::drop_blanks(&mut item);
        let etag = item::text(&item, "etag").map(str::to_owned);
        let sequencer = item::text(&item, "sequencer").map(Sequencer::new);
        let link_at = item::text(&item, "link_at").and_then(|text| text.parse().ok());
        let revision = item.get("revision").and_then(|v| v.as_n().ok()?.parse().ok());
        let revision = revision.ok_or_else(|| Error::internal("a version without a revision"))?;
        Ok(Self { version: item::decode(item)?, etag, sequencer, link_at, revision })
    }
}
