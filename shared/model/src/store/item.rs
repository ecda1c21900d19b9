//! Items as DynamoDB holds them.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1 as serde_item;

use super::keys::{self, Key};
use crate::asset::{Record, Sequencer, UploadStatus};
use crate::due::{Settings, due_at};
use crate::error::{Error, Result};
use crate::filter::{Facet, Filter};
use crate::id::AssetId;
use crate::text::Metadata;

/// An item, by attribute name.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(super) fn n(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// A primary key as an item.
pub(super) fn key_item(key: Key) -> Item {
    HashMap::from([("pk".to_owned(), s(key.pk)), ("sk".to_owned(), s(key.sk))])
}

/// `value` under `key`.
pub(super) fn encode<T: Serialize>(key: Key, value: &T) -> Result<Item> {
    let mut item: Item = serde_item::to_item(value).map_err(Error::internal)?;
    item.extend(key_item(key));
    Ok(item)
}

/// The value of an item; its other attributes are passed over.
pub(super) fn decode<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_item::from_item(item).map_err(Error::internal)
}

/// The string attribute `name`.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// A record's item, with the index keys that it must have: those of every index that lists it, and
/// of `by_due` where the schedule must look at it.
pub(super) fn encode_record(record: &Record, settings: &Settings) -> Result<Item> {
    let asset = &record.asset;
    let mut item = encode(keys::asset(&asset.workspace_id, asset.id), asset)?;
    // As text, since DynamoDB's numbers would not give every JSON number back as it came.
    if !asset.metadata.is_empty() {
        item.insert("metadata".to_owned(), s(asset.metadata.to_string()));
    }
    item.insert("revision".to_owned(), n(record.revision));
    let texts = [
        ("sequencer", record.sequencer.as_ref().map(|v| v.as_str().to_owned())),
        ("etag", record.etag.clone()),
        ("pointer", record.pointer.as_ref().map(ToString::to_string)),
        ("claim", record.claim.as_ref().map(ToString::to_string)),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), s(text?))));
    item.extend(texts);
    if let Some(deletion) = &record.deletion {
        let deletion: Item = serde_item::to_item(deletion).map_err(Error::internal)?;
        item.extend(deletion);
    }
    if let Some(at) = due_at(record, settings) {
        item.insert("by_due".to_owned(), s(keys::due_shard_of(asset.id.bytes())));
        item.insert("due_at".to_owned(), s(at));
    }
    if record.is_listed() {
        item.extend(listing_keys(record));
    }
    Ok(item)
}

fn listing_keys(record: &Record) -> impl Iterator<Item = (String, AttributeValue)> {
    let asset = &record.asset;
    let facets = Facet::ALL.into_iter().filter_map(|facet| Some((facet, asset.facet(facet)?)));
    let entries = facets.map(|(facet, value)| (Some(facet), Some(value)));
    std::iter::once((None, None)).chain(entries).map(|(facet, value)| {
        let partition = keys::index_partition(&asset.workspace_id, value);
        (keys::index(facet).to_owned(), s(partition))
    })
}

/// The facets that a tag's posting repeats, and that the index of a wide facet holds, so that assets
/// that another filter leaves out need not be read.
pub(super) const PROJECTED: [Facet; 7] = [
    Facet::Campaign,
    Facet::Agent,
    Facet::Provider,
    Facet::Type,
    Facet::Status,
    Facet::Model,
    Facet::Tool,
];
/// What they hold besides.
pub(super) const APPROVED: &str = "approved_version";

/// The tag postings of a record, by their keys: those of its tags, from when its object first came
/// until it is purged. A list reads the record behind a posting before it shows it.
pub(super) fn postings(record: &Record) -> BTreeMap<(String, String), Item> {
    let asset = &record.asset;
    if asset.upload_status == UploadStatus::Pending {
        return BTreeMap::new();
    }
    let facets = PROJECTED.into_iter();
    let facets = facets.filter_map(|f| Some((f.name().to_owned(), s(asset.facet(f)?))));
    let approved = asset.approved_version.map(|version| (APPROVED.to_owned(), n(version)));
    let told: Item = facets.chain(approved).collect();
    let postings = asset.tags.pairs().map(|(name, value)| {
        let key = keys::posting(&asset.workspace_id, name, value, asset.id);
        let mut item = told.clone();
        item.extend(key_item(key.clone()));
        ((key.pk, key.sk), item)
    });
    postings.collect()
}

/// What leads to an asset: a tag's posting, or a row of an index that holds no whole records.
#[derive(Debug)]
pub(super) struct Posting {
    /// The asset.
    pub(super) id: AssetId,
    item: Item,
}

impl Posting {
    /// Whether the asset can match, going by what is told of it.
    pub(super) fn may_match(&self, filter: &Filter) -> bool {
        let told = |facet: &Facet| text(&self.item, facet.name());
        PROJECTED.iter().all(|facet| filter.allows(*facet, told(facet)))
            && (!filter.approved || self.item.contains_key(APPROVED))
    }
}

/// Reads a posting, whose asset's id is the attribute `id`.
pub(super) fn decode_posting(item: Item, id: &str) -> Result<Posting> {
    let id = text(&item, id).and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Error::internal("a posting without an id"))?;
    Ok(Posting { id, item })
}

/// Reads a record's item.
pub(super) fn decode_record(mut item: Item) -> Result<Record> {
    let metadata = match item.remove("metadata") {
        Some(AttributeValue::S(json)) => {
            serde_json::from_str::<Metadata>(&json).map_err(Error::internal)?
        }
        _ => Metadata::default(),
    };
    let parsed = |name| text(&item, name).map(str::to_owned);
    let revision = item.get("revision").and_then(|v| v.as_n().ok()).and_then(|v| v.parse().ok());
    let revision = revision.ok_or_else(|| Error::internal("a record without a revision"))?;
    let sequencer = parsed("sequencer").map(|hex| Sequencer::new(&hex));
    let etag = parsed("etag");
    let pointer = parsed("pointer").and_then(|text| text.try_into().ok());
    let claim = parsed("claim").and_then(|text| text.try_into().ok());
    let due_at = parsed("due_at").and_then(|text| text.parse().ok());
    let deletion = if item.contains_key("deleted_at") { Some(decode(item.clone())?) } else { None };
    let mut asset: crate::Asset = decode(item)?;
    asset.metadata = metadata;
    Ok(Record { asset, revision, sequencer, etag, pointer, claim, due_at, deletion })
}
