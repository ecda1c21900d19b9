//! Review, edits, and the record of both.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures::future::try_join;
use serde_json::Value;
use serde_json::value::RawValue;

use super::item::{self, Item, s};
use super::migrate::{self, Nothing, Stored};
use super::transaction::NEW;
use super::{Attempts, Store, failure, keys};
use crate::asset::Record;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::review::{Action, Event, Note};
use crate::seen::Seen;

impl Store {
    /// Moves the asset's current version through review. [`Error::Changed`] where the asset is not as
    /// it was `seen`, [`Error::NotAllowed`] where its state does not allow it, [`Error::Conflict`]
    /// `no_object` where there is no file to judge; of two at once, the second is judged by what the
    /// first has left. [`Error::Contended`] where there was no end of others.
    pub async fn review(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        action: Action,
        seen: &Seen,
        note: &Note,
    ) -> Result<Record> {
        let change = |read: &Record| read.reviewed(action, note.at);
        self.change(workspace, id, action.as_str(), seen, note, change).await
    }

    /// Changes the asset by `edit`. What changes nothing is not written. [`Error::Changed`] where the
    /// asset is not as it was `seen`, [`Error::TooLarge`] where it would no longer fit,
    /// [`Error::Contended`] where there was no end of others.
    pub async fn edit(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        seen: &Seen,
        note: &Note,
        edit: impl Fn(&mut crate::Asset) -> Result<()>,
    ) -> Result<Record> {
        let change = |read: &Record| {
            let mut next = read.changed(note.at);
            edit(&mut next.asset)?;
            next.asset.check_size()?;
            Ok(next)
        };
        self.change(workspace, id, "update", seen, note, change).await
    }

    /// The asset, and what changed of it, newest first: at most `limit` events, of those before the
    /// revision `before`; and where to go on, none at the end. [`Error::NotFound`] where there is no
    /// asset.
    pub async fn history(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<(Record, Vec<Event>, Option<u64>)> {
        let events = self.events(workspace, id, before, limit);
        let (record, (events, next)) = try_join(self.get(workspace, id), events).await?;
        Ok((record, events, next))
    }

    /// The changes of the asset, newest first: at most `limit` events, of those before the revision
    /// `before`; and where to go on, none at the end. What cannot be read is passed over.
    pub(super) async fn events(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<Event>, Option<u64>)> {
        let before = before.unwrap_or(u64::MAX).saturating_sub(1).min(MOST_REVISIONS);
        let range = [0, before].map(|revision| keys::event(workspace, id, revision));
        let query = self.latest(range).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(failure)?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        // A page that is full may be the last: whether it is, the engine does not always say.
        let more = more || items.len() >= limit;
        let last = items.last().and_then(|item| keys::parse_event(item::text(item, "sk")?));
        let events = items.into_iter().filter_map(|item| item::readable(item, migrate::read));
        Ok((events.collect(), last.filter(|_| more)))
    }

    /// Reads the asset, changes it by `change`, which is pure, and writes it with its event; again
    /// where something else wrote first.
    async fn change(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        action: &str,
        seen: &Seen,
        note: &Note,
        change: impl Fn(&Record) -> Result<Record>,
    ) -> Result<Record> {
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let read = self.get(workspace, id);
            let (read, settings) = try_join(read, self.settings(workspace)).await?;
            seen.check(&read)?;
            let mut next = change(&read)?;
            let event = Event::between(action, &read, &next, note);
            if event.from == event.to {
                return Ok(read);
            }
            let event = vec![self.put_event(workspace, id, &event)?];
            if self.replace_with(workspace, &read, &next, &settings, event).await? {
                next.revision = read.revision + 1;
                return Ok(next);
            }
        }
    }

    pub(super) fn put_event(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        event: &Event,
    ) -> Result<TransactWriteItem> {
        self.put(encode(workspace, id, event)?, NEW, None)
    }
}

impl Stored for Event {
    const KIND: &'static str = "event";
    type Previous = Nothing;

    fn migrate(previous: Nothing) -> Self {
        match previous {}
    }

    /// Each of its fields by itself: what came in a body as deep as a reader goes would be too deep with
    /// the event around it.
    fn decode(item: Item) -> Result<Self> {
        let text = item::text(&item, "event");
        let text = text.ok_or_else(|| Error::internal("an event without text"))?;
        let fields: BTreeMap<&str, &RawValue> =
            serde_json::from_str(text).map_err(Error::internal)?;
        let fields = fields.into_iter().map(|(name, value)| {
            let value = serde_json::from_str(value.get()).map_err(Error::internal)?;
            Ok((name.to_owned(), value))
        });
        let fields = Value::Object(fields.collect::<Result<_>>()?);
        serde_json::from_value(fields).map_err(Error::internal)
    }
}

/// The highest revision that an event's key has room for.
const MOST_REVISIONS: u64 = 9_999_999_999;

/// An event's item.
pub(super) fn encode(workspace: &WorkspaceId, id: AssetId, event: &Event) -> Result<Item> {
    let mut item = item::key_item(keys::event(workspace, id, event.revision));
    migrate::mark::<Event>(&mut item);
    // As text, since DynamoDB's numbers would not give every JSON number back as it came.
    let text = serde_json::to_string(event).map_err(Error::internal)?;
    item.insert("event".to_owned(), s(text));
    Ok(item)
}
