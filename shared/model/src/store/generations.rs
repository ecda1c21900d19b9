//! Generations.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use serde::{Deserialize, Serialize};

use super::create::{Answered, idempotency_conflict};
use super::item::{self, Item, s};
use super::keys::{self, GenerationList};
use super::migrate::{self, First};
use super::transaction::{NEW, Writes};
use super::{Store, condition_failed, failure, record};
use crate::asset::Record;
use crate::budget::{Books, Reservation};
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, GenerationId, WorkspaceId};
use crate::job::Job;
use crate::making::{GenerationFilter, GenerationRecord};
use crate::text::{Checksum, IdempotencyKey};
use crate::time::Timestamp;

/// An item that is nothing but its key.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lead {}

impl First for Lead {
    const KIND: &'static str = "listed_generation, at_risk or made";
}

/// The generation that a provider's job belongs to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Belongs {
    generation: GenerationId,
}

impl First for Belongs {
    const KIND: &'static str = "job";
}

/// A [`GenerationRecord`] as text, since DynamoDB's numbers would not give every JSON number back as it came.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    record: String,
    revision: u64,
}

impl First for Kept {
    const KIND: &'static str = "generation";
}

/// A write of a generation.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Generation,
    Asset,
    Lead,
    Answer,
    Job,
    Books(Reservation),
}

impl Store {
    /// Keeps a new generation with the assets that wait for it, and reserves what it takes of the budget; of a
    /// `request` that was made before, or a job that is known already, the generation of that time, as it is now. All
    /// or nothing.
    ///
    /// One transaction, of two write units for each item: the generation, up to three lists, its recipe, each asset,
    /// the books of the day and of the month where it costs something, and the idempotency key where there is one;
    /// for what somebody else has made, its job, and that it is at risk.
    /// [`Error::Budget`] where the budget does not allow it, [`Error::Conflict`] `idempotency_conflict` where the
    /// idempotency key came with another request.
    pub async fn create_generation(
        &self,
        workspace: &WorkspaceId,
        record: GenerationRecord,
        assets: &[Record],
        request: Option<(&IdempotencyKey, &Checksum)>,
    ) -> Result<GenerationRecord> {
        let (id, at) = (record.id, record.created_at());
        let mut writes = Writes::new();
        if let Some((name, digest)) = request {
            let answer = self.answer(workspace, name, digest, id.into(), None, at)?;
            writes.add(Part::Answer, answer);
        }
        writes.add(Part::Generation, self.put(encode(workspace, &record)?, NEW, None)?);
        for list in lists(&record) {
            let lead = migrate::encode(keys::listed_generation(workspace, list, id), &Lead {})?;
            writes.add(Part::Lead, self.put_anyway(lead)?);
        }
        let made = migrate::encode(keys::made(workspace, &record.recipe, id), &Lead {})?;
        writes.add(Part::Lead, self.put_anyway(made)?);
        if let Some(job) = &record.asked.job {
            let key = keys::job(workspace, &record.asked.provider, job.as_str());
            let belongs = migrate::encode(key, &Belongs { generation: id })?;
            writes.add(Part::Job, self.put(belongs, NEW, None)?);
        }
        if let Some(gone_at) = record.job.at_risk() {
            let lead = migrate::encode(keys::at_risk(workspace, gone_at, id), &Lead {})?;
            writes.add(Part::Lead, self.put_anyway(lead)?);
        }
        for asset in assets {
            let asset = Record { revision: 1, ..asset.clone() };
            let item = record::encode(&asset, &Settings::default())?;
            writes.add(Part::Asset, self.put(item, NEW, None)?);
        }
        let mut unaffordable = None;
        if record.job.reserved > 0 {
            let budget = self.budget(workspace).await?;
            match budget.reserve(record.job.reserved) {
                Err(exceeded) => unaffordable = Some(exceeded),
                Ok(reservations) => {
                    for reservation in reservations {
                        match self.reserve(workspace, at, reservation) {
                            Ok(write) => writes.add(Part::Books(reservation), write),
                            Err(exceeded) => unaffordable = Some(exceeded),
                        }
                    }
                }
            }
        }
        if let Some(exceeded) = unaffordable {
            return match self.answered_generation(workspace, request, at).await? {
                Some(before) => Ok(before),
                None => Err(Error::Budget(exceeded)),
            };
        }
        let Err(reasons) = self.transact(writes.all()).await? else { return Ok(record) };
        if let Some(answered) = writes.holder::<Answered>(&reasons, Part::Answer)? {
            return self.same_generation(workspace, request, &answered).await;
        }
        if let Some(Belongs { generation }) = writes.holder(&reasons, Part::Job)? {
            return self.find_generation(workspace, generation).await?.ok_or(Error::NotFound);
        }
        for name in writes.names() {
            let Part::Books(reservation) = name else { continue };
            let Some(books) = writes.holder::<Books>(&reasons, name)? else { continue };
            reservation.on(books).map_err(Error::Budget)?;
        }
        // The SDK tries again when an answer is lost: then what is there is this.
        self.find_generation(workspace, id).await?.ok_or(Error::Contended)
    }

    /// Notes that a provider's job belongs to this generation, unless it is known already.
    ///
    /// One write unit.
    pub async fn name_job(&self, record: &GenerationRecord, job: &str) -> Result<()> {
        let key = keys::job(&record.workspace_id, &record.asked.provider, job);
        let item = migrate::encode(key, &Belongs { generation: record.id })?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression(NEW);
        match put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            Err(error) if condition_failed(&error) => Ok(()),
            put => put.map(|_| ()).map_err(failure),
        }
    }

    /// The generation that this request has made before, if it has, as it is now.
    async fn answered_generation(
        &self,
        workspace: &WorkspaceId,
        request: Option<(&IdempotencyKey, &Checksum)>,
        now: Timestamp,
    ) -> Result<Option<GenerationRecord>> {
        let Some((name, _)) = request else { return Ok(None) };
        let Some(item) = self.get_item(keys::idempotency(workspace, name), true).await? else {
            return Ok(None);
        };
        let answered: Answered = migrate::read(item)?;
        if !answered.counts(now) {
            return Ok(None);
        }
        self.same_generation(workspace, request, &answered).await.map(Some)
    }

    async fn same_generation(
        &self,
        workspace: &WorkspaceId,
        request: Option<(&IdempotencyKey, &Checksum)>,
        answered: &Answered,
    ) -> Result<GenerationRecord> {
        if request.is_none_or(|(_, digest)| answered.request != *digest) {
            return Err(idempotency_conflict());
        }
        let before = self.find_generation(workspace, answered.asset.into()).await?;
        before.ok_or(Error::NotFound)
    }

    /// The generation, as it is now.
    pub async fn find_generation(
        &self,
        workspace: &WorkspaceId,
        id: GenerationId,
    ) -> Result<Option<GenerationRecord>> {
        self.get_item(keys::generation(workspace, id), true).await?.map(read).transpose()
    }

    /// Writes `next`, which was made from `read`, and with it what it changes of the books and of what is at risk;
    /// what is stored now, or none where the generation has changed since.
    ///
    /// One write unit for each KB, and one for `by_due`; a change of the books, or of what is at risk, makes it a
    /// transaction, which doubles each.
    pub async fn replace_generation(
        &self,
        workspace: &WorkspaceId,
        read: &GenerationRecord,
        next: GenerationRecord,
    ) -> Result<Option<GenerationRecord>> {
        let revision = read.job.revision;
        let job = Job { revision: revision + 1, ..next.job };
        let next = GenerationRecord { job, ..next };
        let item = encode(workspace, &next)?;
        let entry = next.job.entry(&read.job);
        let [old, new] = [read, &next].map(|record| record.job.at_risk());
        if entry.is_empty() && old == new {
            return Ok(self.put_unchanged(item, revision).await?.then_some(next));
        }
        let mut writes = vec![self.put_over(revision, item)?];
        if !entry.is_empty() {
            writes.extend(self.enter(workspace, next.created_at(), entry));
        }
        if old != new {
            if let Some(old) = old {
                writes.push(self.delete(keys::at_risk(workspace, old, read.id), None)?);
            }
            if let Some(new) = new {
                let lead = migrate::encode(keys::at_risk(workspace, new, read.id), &Lead {})?;
                writes.push(self.put_anyway(lead)?);
            }
        }
        Ok(self.transact(&writes).await?.is_ok().then_some(next))
    }

    /// Generations, newest first: at most `limit` of those that `filter` takes, made before `before`; and where to go
    /// on, none at the end. A page may be short, or empty, with a place to go on. What cannot be read is passed over.
    pub async fn list_generations(
        &self,
        workspace: &WorkspaceId,
        filter: &GenerationFilter,
        before: Option<GenerationId>,
        limit: usize,
    ) -> Result<(Vec<GenerationRecord>, Option<GenerationId>)> {
        let list = match (&filter.execution_id, &filter.agent_id) {
            (Some(execution), _) => GenerationList::Execution(execution),
            (None, Some(agent)) => GenerationList::Agent(agent),
            (None, None) => GenerationList::All,
        };
        let keys = (
            |id: AssetId| keys::listed_generation(workspace, list, id.into()),
            |id: AssetId| keys::generation(workspace, id.into()),
        );
        let taken = |item| {
            let record = item::readable(item, read)?;
            filter.takes(&record).then_some((record.id.into(), record))
        };
        let (found, before) = self.newest(keys, before.map(AssetId::from), limit, taken).await?;
        Ok((found, before.map(GenerationId::from)))
    }

    /// Generations of which outputs are at the provider alone, those that are gone first before others: at most
    /// `limit`.
    pub async fn generations_at_risk(
        &self,
        workspace: &WorkspaceId,
        limit: usize,
    ) -> Result<Vec<GenerationRecord>> {
        let query = self.latest(keys::all_at_risk(workspace)).scan_index_forward(true);
        let query = query.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(failure)?;
        let ids = answer.items().iter().filter_map(|item| item::text(item, "sk"));
        let ids = ids.filter_map(keys::parse_at_risk);
        let (items, _) =
            self.get_items(ids.map(|id| keys::generation(workspace, id)), true).await?;
        let mut found: Vec<GenerationRecord> =
            items.into_iter().filter_map(|item| item::readable(item, read)).collect();
        found.retain(|record| record.job.at_risk().is_some());
        found.sort_unstable_by_key(|record| (record.job.at_risk(), record.id));
        Ok(found)
    }

    /// Generations that were made by a recipe, the newest first: at most `limit`.
    pub async fn made_by(
        &self,
        workspace: &WorkspaceId,
        recipe: &Checksum,
        limit: usize,
    ) -> Result<Vec<GenerationRecord>> {
        let keys = (
            |id: AssetId| keys::made(workspace, recipe, id.into()),
            |id: AssetId| keys::generation(workspace, id.into()),
        );
        let taken = |item| item::readable(item, read).map(|record| (record.id.into(), record));
        Ok(self.newest(keys, None, limit, taken).await?.0)
    }

    /// At most `limit` generations of this shard of [`keys::JOB_SHARDS`] that are due at `now`, the longest due first.
    pub async fn due_generations(
        &self,
        shard: u8,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<(WorkspaceId, GenerationId)>> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_due")
            .key_condition_expression("by_due = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", s(keys::job_shard(shard)))
            .expression_attribute_values(":now", s(now))
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let keys = answer.items().iter().filter_map(|item| item::text(item, "pk"));
        Ok(keys.filter_map(keys::parse_generation).collect())
    }
}

/// The lists that a generation is in.
fn lists(record: &GenerationRecord) -> impl Iterator<Item = GenerationList<'_>> {
    let context = &record.asked.context;
    let execution = context.execution_id.as_ref().map(GenerationList::Execution);
    let agent = context.agent_id.as_ref().map(GenerationList::Agent);
    [Some(GenerationList::All), execution, agent].into_iter().flatten()
}

pub(super) fn encode(workspace: &WorkspaceId, record: &GenerationRecord) -> Result<Item> {
    let kept = Kept {
        record: serde_json::to_string(record).map_err(Error::internal)?,
        revision: record.job.revision,
    };
    let mut item = migrate::encode(keys::generation(workspace, record.id), &kept)?;
    if let Some(at) = record.job.due_at {
        item.insert("by_due".to_owned(), s(keys::job_shard_of(record.id)));
        item.insert("due_at".to_owned(), s(at));
    }
    Ok(item)
}

pub(super) fn read(item: Item) -> Result<GenerationRecord> {
    let Kept { record, .. } = migrate::read(item)?;
    serde_json::from_str(&record).map_err(Error::internal)
}
