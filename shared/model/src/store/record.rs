//! Records of assets as items, and what leads to them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_dynamo::aws_sdk_dynamodb_1 as serde_item;

use super::item::{self, Item, n, readable, s, text};
use super::keys;
use super::migrate::{self, Nothing, Stored};
use crate::asset::{Asset, Record, Sequencer, Unfolded, UploadStatus};
use crate::due::{Settings, due_at};
use crate::error::{Error, Result};
use crate::filter::Facet;
use crate::fold::{fold, trim};
use crate::id::AssetId;
use crate::index::Index;
use crate::review::Creator;
use crate::text::{Metadata, TagName};
use crate::told::{self, Asked};

impl Stored for Record {
    const KIND: &'static str = "asset";
    type Previous = Nothing;

    fn migrate(previous: Nothing) -> Self {
        match previous {}
    }

    fn decode(item: Item) -> Result<Self> {
        decode(item)
    }
}

/// A record's item, with the index keys that it must have: those of every index that lists it, and
/// of `by_due` where the schedule must look at it.
pub(super) fn encode(record: &Record, settings: &Settings) -> Result<Item> {
    let asset = &record.asset;
    let mut item = item::under(keys::asset(&asset.workspace_id, asset.id), asset)?;
    migrate::mark::<Record>(&mut item);
    // As text, since DynamoDB's numbers would not give every JSON number back as it came.
    if !asset.metadata.is_empty() {
        item.insert("metadata".to_owned(), s(asset.metadata.to_string()));
    }
    item.insert("revision".to_owned(), n(record.revision));
    if !asset.is_folded() {
        item.insert(FOLDED.to_owned(), n(1));
    }
    let texts = [
        ("sequencer", record.sequencer.as_ref().map(|v| v.as_str().to_owned())),
        ("etag", record.etag.clone()),
        ("pointer", record.pointer.as_ref().map(ToString::to_string)),
        ("claim", record.claim.as_ref().map(ToString::to_string)),
        ("by", record.created_by.as_ref().map(Creator::to_text)),
        ("link_at", record.link_at.map(|at| at.to_string())),
        ("headers", record.headers.clone()),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), s(text?))));
    item.extend(texts);
    if record.type_is_derived {
        item.insert("type_is_derived".to_owned(), AttributeValue::Bool(true));
    }
    if let Some(deletion) = &record.deletion {
        let deletion: Item = serde_item::to_item(deletion).map_err(Error::internal)?;
        item.extend(deletion);
    }
    if let Some(at) = due_at(record, settings) {
        item.insert("by_due".to_owned(), s(keys::due_shard_of(asset.id.bytes())));
        item.insert("due_at".to_owned(), s(at));
    }
    if record.is_listed() {
        item.extend(listing_keys(asset));
    }
    Ok(item)
}

/// The keys of every index that lists the record, and what rows tell of it.
fn listing_keys(asset: &Asset) -> impl Iterator<Item = (String, AttributeValue)> {
    let keys = Index::all().filter_map(|index| {
        let partition = keys::index_partition(&asset.workspace_id, &index.values(asset)?);
        Some((index.name.to_owned(), s(partition)))
    });
    keys.chain([(TOLD.to_owned(), AttributeValue::B(Blob::new(told::tell(asset))))])
}

/// That the record's words were folded when its keys were made, where that makes a difference.
const FOLDED: &str = "folded";

/// The words of a record that was stored when each spelling was a value of its own; none where they
/// are compared as they are.
fn unfolded(item: &Item) -> Option<Unfolded> {
    let facet = |facet: Facet| text(item, facet.as_str());
    let tags = || item.get("tags").and_then(|tags| tags.as_m().ok()).into_iter().flatten();
    let values = |values| AttributeValue::as_l(values).into_iter().flatten().filter_map(as_text);
    // Lists read many records, of which hardly one is unfolded: nothing is copied before it is seen.
    let mut words = Facet::words().filter_map(facet);
    let mut tagged = tags().flat_map(|(_, all)| values(all));
    let is_folded = |word: &str| fold(trim(word)) == word;
    if item.contains_key(FOLDED) || (words.all(is_folded) && tagged.all(is_folded)) {
        return None;
    }
    let mut old = Unfolded::default();
    for one in Facet::words() {
        old.facets.extend(facet(one).map(|value| (one, value.to_owned())));
    }
    for (name, all) in tags() {
        let Ok(name) = name.parse::<TagName>() else { continue };
        old.tags.insert(name, values(all).map(str::to_owned).collect());
    }
    Some(old)
}

fn as_text(value: &AttributeValue) -> Option<&str> {
    value.as_s().ok().map(String::as_str)
}

/// Drops words of nothing but blanks, which could be stored once.
pub(super) fn drop_blanks(item: &mut Item) {
    let is_blank = |value: &AttributeValue| value.as_s().is_ok_and(|word| trim(word).is_empty());
    for facet in Facet::words() {
        if item.get(facet.as_str()).is_some_and(is_blank) {
            item.remove(facet.as_str());
        }
    }
    if let Some(AttributeValue::M(tags)) = item.get_mut("tags") {
        for values in tags.values_mut() {
            if let AttributeValue::L(values) = values {
                values.retain(|value| !is_blank(value));
            }
        }
    }
}

/// The attribute by which rows of indexes that hold no whole records, and tags' postings, tell of an
/// asset (see [`crate::told`]).
pub(super) const TOLD: &str = "told";

/// The tag postings of a record, by their keys: those of its tags, from when its object first came
/// until it is purged. A list reads the record behind a posting before it shows it.
pub(super) fn postings(record: &Record) -> BTreeMap<(String, String), Item> {
    let asset = &record.asset;
    if asset.upload_status == UploadStatus::Pending {
        return BTreeMap::new();
    }
    // What the postings of unfolded words tell is to be written anew in any case.
    let told = if record.unfolded.is_none() { told::tell(asset) } else { Vec::new() };
    let told = AttributeValue::B(Blob::new(told));
    let postings = record.posted().into_iter().map(|(name, value)| {
        let key = keys::posting(&asset.workspace_id, name, &value, asset.id);
        let mut item = item::key_item(key.clone());
        migrate::mark::<Posting>(&mut item);
        item.insert(TOLD.to_owned(), told.clone());
        ((key.pk, key.sk), item)
    });
    postings.collect()
}

/// A lead to an asset: a tag's posting, or a row of an index that holds no whole records.
#[derive(Debug)]
pub(super) struct Posting {
    /// The asset.
    pub(super) id: AssetId,
    told: Blob,
}

impl Posting {
    /// True if the asset can match, going by what is told of it.
    pub(super) fn may_match(&self, asked: &Asked) -> bool {
        asked.may_be(self.told.as_ref())
    }
}

/// The asset that an item leads to or is of: a row of an index has the asset's own key, a posting has
/// its id as sort key.
pub(super) fn asset_id(item: &Item) -> Option<AssetId> {
    let by_key = text(item, "pk").and_then(keys::parse_asset).map(|(_, id)| id);
    by_key.or_else(|| text(item, "sk").and_then(|id| id.parse().ok()))
}

impl Stored for Posting {
    const KIND: &'static str = "posting";
    type Previous = Nothing;

    fn migrate(previous: Nothing) -> Self {
        match previous {}
    }

    fn decode(mut item: Item) -> Result<Self> {
        match (asset_id(&item), item.remove(TOLD)) {
            (Some(id), Some(AttributeValue::B(told))) => Ok(Self { id, told }),
            _ => Err(Error::internal("a posting that leads nowhere")),
        }
    }
}

/// Records that were read, one by one: none stops the others.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Those that can be read.
    pub(super) records: Vec<Record>,
    /// The assets of those that cannot.
    pub(super) unreadable: Vec<AssetId>,
}

impl Records {
    /// Reads records' items.
    pub(super) fn read(items: Vec<Item>) -> Self {
        let mut read = Self::default();
        for item in items {
            let id = asset_id(&item);
            match readable(item, migrate::read) {
                Some(record) => read.records.push(record),
                None => read.unreadable.extend(id),
            }
        }
        read
    }
}

fn decode(mut item: Item) -> Result<Record> {
    let unfolded = unfolded(&item);
    drop_blanks(&mut item);
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
    let type_is_derived = item.get("type_is_derived").is_some_and(|v| v.as_bool() == Ok(&true));
    let created_by = text(&item, "by").and_then(Creator::of_text);
    let link_at = parsed("link_at").and_then(|text| text.parse().ok());
    let headers = parsed("headers");
    let due_at = parsed("due_at").and_then(|text| text.parse().ok());
    let deletion =
        if item.contains_key("deleted_at") { Some(item::decode(item.clone())?) } else { None };
    let mut asset: Asset = item::decode(item)?;
    asset.metadata = metadata;
    Ok(Record {
        asset,
        revision,
        sequencer,
        etag,
        pointer,
        claim,
        created_by,
        type_is_derived,
        link_at,
        headers,
        due_at,
        deletion,
        unfolded,
    })
}
