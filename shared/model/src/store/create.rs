//! Registering an asset, once however often it is asked for.

use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use serde::{Deserialize, Serialize};

use super::item::{self, Item, s};
use super::keys::{self, Key};
use super::{Attempts, Store, condition_failed, failure};
use crate::asset::{Record, Status, UploadStatus};
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::text::{Checksum, IdempotencyKey};
use crate::time::{DAY, Timestamp};

/// How long an idempotency key is honoured, in milliseconds.
const IDEMPOTENCY: i64 = DAY;

/// What the caller gave so that a retry does not create a second asset.
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
    /// Whether the asset has the bytes that are to come, as what it shows and is in use with.
    fn are_met_by(&self, found: &Record) -> bool {
        let asset = &found.asset;
        let in_use = found.is_listed() && asset.status != Status::Archived;
        in_use && asset.checksum_sha256 == self.bytes && self.lost != Some(asset.id)
    }
}

/// What became of a request to create.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The record was written now, or by an earlier attempt of the same request.
    Registered(Record),
    /// The workspace has these bytes from this provenance.
    Duplicate(Record),
}

/// What an idempotency item says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) asset: AssetId,
    /// Where the request was for a version of the asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u32>,
    pub(super) request: Checksum,
    ttl: i64,
}

impl Answered {
    /// Whether it still counts at `now`: time-to-live removes items late.
    pub(super) fn counts(&self, now: Timestamp) -> bool {
        self.ttl > now.seconds()
    }

    /// Whether the request was this one, about this asset.
    pub(super) fn is_for(&self, asset: AssetId, request: &Checksum) -> bool {
        self.asset == asset && self.request == *request
    }
}

/// What a claim or a pointer says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LeadsTo {
    pub(super) asset: AssetId,
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
        let item = item::encode_record(&record, &Settings::default())?;
        let postings = self.change_postings(None, Some(&record))?;
        if claims.request.is_none() && claims.bytes.is_none() && postings.is_empty() {
            self.put_new(item).await?;
            return Ok(Created::Registered(record));
        }
        let mut stale_claim = None;
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let mut puts = self.puts(&record, &item, claims, stale_claim, now)?;
            let claimed_at = puts.len() - 1;
            puts.extend(postings.iter().cloned());
            let Err(reasons) = self.transact(&puts).await? else {
                return Ok(Created::Registered(record));
            };
            if let Some((_, digest)) = &claims.request
                && let Some(answered) = holder::<Answered>(&reasons, 1)?
            {
                if answered.request != *digest || answered.version.is_some() {
                    return Err(idempotency_conflict());
                }
                return Ok(Created::Registered(self.get(workspace, answered.asset).await?));
            }
            let claim = holder::<LeadsTo>(&reasons, claimed_at)?;
            let Some(LeadsTo { asset }) = claim.filter(|_| claims.bytes.is_some()) else {
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
            .condition_expression("attribute_not_exists(pk)")
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

    /// The asset, then the idempotency item, then the claim, as far as there is one.
    fn puts(
        &self,
        record: &Record,
        item: &Item,
        claims: &Claims,
        stale_claim: Option<AssetId>,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let asset = record.asset.id;
        let mut puts = vec![self.put(item.clone(), "attribute_not_exists(pk)", None)?];
        if let Some((name, digest)) = &claims.request {
            puts.push(self.answer(&record.asset.workspace_id, name, digest, asset, None, now)?);
        }
        if let Some(bytes) = &claims.bytes {
            let key = claim_key(record, bytes);
            let value = item::encode(key, &LeadsTo { asset })?;
            puts.push(match stale_claim {
                None => self.put(value, "attribute_not_exists(pk)", None)?,
                Some(stale) => {
                    self.put(value, "#asset = :value", Some(("#asset", "asset", s(stale))))?
                }
            });
        }
        Ok(puts)
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
        let ttl = now.plus(IDEMPOTENCY).seconds();
        let answered = Answered { asset, version, request: request.clone(), ttl };
        // Time-to-live removes items late, so the condition says when one no longer counts.
        self.put(
            item::encode(keys::idempotency(workspace, name), &answered)?,
            "attribute_not_exists(pk) OR #ttl <= :value",
            Some(("#ttl", "ttl", item::n(now.seconds()))),
        )
    }

    /// A conditional put whose failure tells what was there instead.
    pub(super) fn put(
        &self,
        item: Item,
        condition: &str,
        compared: Option<(&str, &str, aws_sdk_dynamodb::types::AttributeValue)>,
    ) -> Result<TransactWriteItem> {
        let mut put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some((alias, name, value)) = compared {
            put = put
                .expression_attribute_names(alias, name)
                .expression_attribute_values(":value", value);
        }
        let put = put.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// The key of the claim that `record` has on `bytes`.
pub(super) fn claim_key(record: &Record, bytes: &Checksum) -> Key {
    keys::claim(&record.asset.workspace_id, bytes, &record.provenance_digest())
}

pub(super) fn idempotency_conflict() -> Error {
    Error::Conflict {
        code: "idempotency_conflict",
        detail:
            "this Idempotency-Key came with another request in the last 24 hours; use a new key \
                 for a new request"
                .to_owned(),
    }
}

fn awaits_upload(record: &Record) -> bool {
    record.asset.upload_status == UploadStatus::Pending
}

/// Whether the condition of the transaction's action `at` failed.
pub(super) fn failed(reasons: &[CancellationReason], at: usize) -> bool {
    reasons.get(at).and_then(CancellationReason::code) == Some("ConditionalCheckFailed")
}

/// What held the item that the transaction's action `at` would have written.
pub(super) fn holder<T: serde::de::DeserializeOwned>(
    reasons: &[CancellationReason],
    at: usize,
) -> Result<Option<T>> {
    let Some(reason) = reasons.get(at).filter(|_| failed(reasons, at)) else { return Ok(None) };
    reason.item().cloned().map(item::decode).transpose()
}
