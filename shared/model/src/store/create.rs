//! Registering an asset, once however often it is asked for.

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::item::{self, Item, s};
use super::keys::{self, Key};
use super::migrate::{self, First};
use super::record;
use super::transaction::{NEW, Writes};
use super::{Attempts, Store, condition_failed, failure};
use crate::asset::{Record, Status, UploadStatus};
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::text::{Checksum, IdempotencyKey};
use crate::time::{HOUR, Timestamp};

/// The claims of the caller, so that a retry does not create a second asset.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// `Idempotency-Key`, and the digest of the request that came with it.
    pub request: Option<(IdempotencyKey, Checksum)>,
    /// SHA-256 of the bytes to come.
    pub bytes: Option<Checksum>,
    /// An asset that does not have these bytes, whatever its record says.
    pub lost: Option<AssetId>,
}

impl Claims {
    /// True if the asset has the bytes that are to come, as what it shows and is in use with.
    fn are_met_by(&self, found: &Record) -> bool {
        let asset = &found.asset;
        let in_use = found.is_listed() && asset.status != Status::Archived;
        in_use && asset.checksum_sha256 == self.bytes && self.lost != Some(asset.id)
    }
}

/// The outcome of a request to create.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The record was written now, or by an earlier attempt of the same request.
    Registered(Record),
    /// The workspace has these bytes from this provenance.
    Duplicate(Record),
}

/// A write of a registration.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Asset,
    Answer,
    Claim,
    Posting,
}

/// The content of an idempotency item.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) asset: AssetId,
    /// Where the request was for a version of the asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u32>,
    pub(super) request: Checksum,
    ttl: i64,
}

impl First for Answered {
    const KIND: &'static str = "idempotency";
}

impl Answered {
    /// True if it still counts at `now`: time-to-live removes items late.
    pub(super) fn counts(&self, now: Timestamp) -> bool {
        self.ttl > now.seconds()
    }

    /// True if the request was this one, about this asset.
    pub(super) fn is_for(&self, asset: AssetId, request: &Checksum) -> bool {
        self.asset == asset && self.request == *request
    }
}

/// The content of a claim or a pointer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LeadsTo {
    pub(super) asset: AssetId,
}

impl First for LeadsTo {
    const KIND: &'static str = "claim or object";
}

impl Store {
    /// Registers `record`.
    ///
    /// One write unit, two with `by_due`'s; a claim, or a tag of an asset that needs no upload, makes
    /// it a transaction, which doubles each and adds its own item. [`Error::Conflict`] `idempotency_conflict` where the idempotency key came
    /// with another request.
    pub async fn create(
        &self,
        workspace: &WorkspaceId,
        record: Record,
        claims: &Claims,
        now: Timestamp,
    ) -> Result<Created> {
        let mut record = Record { revision: 1, claim: claims.bytes.clone(), ..record };
        record.asset.workspace_id = workspace.clone();
        let item = record::encode(&record, &Settings::default())?;
        let postings = self.change_postings(None, Some(&record))?;
        if claims.request.is_none() && claims.bytes.is_none() && postings.is_empty() {
            self.put_new(item).await?;
            return Ok(Created::Registered(record));
        }
        let mut stale_claim = None;
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let mut writes = self.registration(&record, item.clone(), claims, stale_claim, now)?;
            for posting in &postings {
                writes.add(Part::Posting, posting.clone());
            }
            let Err(reasons) = self.transact(writes.all()).await? else {
                return Ok(Created::Registered(record));
            };
            if let Some(answered) = writes.holder::<Answered>(&reasons, Part::Answer)? {
                let before = self.answered_before(workspace, claims, &answered).await?;
                return Ok(Created::Registered(before));
            }
            let Some(LeadsTo { asset }) = writes.holder(&reasons, Part::Claim)? else {
                return Err(Error::internal(format!("a new id was taken: {}", record.asset.id)));
            };
            match self.find(workspace, asset).await? {
                Some(found) if claims.are_met_by(&found) => return Ok(Created::Duplicate(found)),
                Some(found) if found.deletion.is_none() && awaits_upload(&found) => {
                    if let Some(found) = self.with_terms_of(workspace, found, &record).await? {
                        return Ok(Created::Registered(found));
                    }
                }
                _ => stale_claim = Some(asset),
            }
        }
    }

    /// The asset that an earlier attempt of the same request has made, as it is now.
    async fn answered_before(
        &self,
        workspace: &WorkspaceId,
        claims: &Claims,
        answered: &Answered,
    ) -> Result<Record> {
        let same = |(_, digest): &(_, Checksum)| *digest == answered.request;
        if answered.version.is_some() || !claims.request.as_ref().is_some_and(same) {
            return Err(idempotency_conflict());
        }
        self.get(workspace, answered.asset).await
    }

    /// Notes that a link to upload the asset's object is signed at `now`: it is waited for from then on.
    /// False where the record has changed since it was read.
    pub async fn renew_link(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        now: Timestamp,
    ) -> Result<bool> {
        let next = Record { link_at: Some(now), ..read.clone() };
        self.replace(workspace, read, &next, &Settings::default()).await
    }

    /// The pending record with what `asked` says of the upload to come, which the first request may
    /// have got wrong; none where the record has changed meanwhile.
    async fn with_terms_of(
        &self,
        workspace: &WorkspaceId,
        pending: Record,
        asked: &Record,
    ) -> Result<Option<Record>> {
        let terms = (asked.asset.file_size, &asked.asset.content_type);
        if terms == (pending.asset.file_size, &pending.asset.content_type) {
            return Ok(Some(pending));
        }
        let mut next = pending.clone();
        next.asset.file_size = asked.asset.file_size;
        next.asset.content_type.clone_from(&asked.asset.content_type);
        let replaced = self.replace(workspace, &pending, &next, &Settings::default()).await?;
        Ok(replaced.then_some(next))
    }

    async fn put_new(&self, item: Item) -> Result<()> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(NEW)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match put {
            // The SDK tries again when an answer is lost: then the item there is ours, since no
            // other asset has its id.
            Err(error) if condition_failed(&error) => Ok(()),
            put => put.map(|_| ()).map_err(failure),
        }
    }

    /// The writes that register `record`, but for its postings.
    fn registration(
        &self,
        record: &Record,
        item: Item,
        claims: &Claims,
        stale_claim: Option<AssetId>,
        now: Timestamp,
    ) -> Result<Writes<Part>> {
        let asset = record.asset.id;
        let mut writes = Writes::new();
        writes.add(Part::Asset, self.put(item, NEW, None)?);
        if let Some((name, digest)) = &claims.request {
            let workspace = &record.asset.workspace_id;
            writes.add(Part::Answer, self.answer(workspace, name, digest, asset, None, now)?);
        }
        if let Some(bytes) = &claims.bytes {
            let claim = migrate::encode(claim_key(record, bytes), &LeadsTo { asset })?;
            let claim = match stale_claim {
                None => self.put(claim, NEW, None)?,
                Some(stale) => {
                    self.put(claim, "#asset = :value", Some(("#asset", "asset", s(stale))))?
                }
            };
            writes.add(Part::Claim, claim);
        }
        Ok(writes)
    }

    /// Notes what was answered to a request, unless that is noted already.
    pub(super) fn answer(
        &self,
        workspace: &WorkspaceId,
        name: &IdempotencyKey,
        request: &Checksum,
        asset: AssetId,
        version: Option<u32>,
        now: Timestamp,
    ) -> Result<TransactWriteItem> {
        let ttl = now.plus(IdempotencyKey::LIFE).seconds();
        let answered = Answered { asset, version, request: request.clone(), ttl };
        // Time-to-live removes items late, so the condition says when one no longer counts.
        self.put(
            migrate::encode(keys::idempotency(workspace, name), &answered)?,
            "attribute_not_exists(pk) OR #ttl <= :value",
            Some(("#ttl", "ttl", item::n(now.seconds()))),
        )
    }
}

/// The key of the claim that `record` has on `bytes`.
pub(super) fn claim_key(record: &Record, bytes: &Checksum) -> Key {
    keys::claim(&record.asset.workspace_id, bytes, &record.provenance_digest())
}

pub(super) fn idempotency_conflict() -> Error {
    Error::Conflict {
        code: "idempotency_conflict",
        detail: format!(
            "this Idempotency-Key came with another request in the last {} hours; use a new key for a new \
             request",
            IdempotencyKey::LIFE / HOUR
        ),
    }
}

fn awaits_upload(record: &Record) -> bool {
    record.asset.upload_status == UploadStatus::Pending
}
