//! The oracle's assets, and what happens to them.

use std::collections::BTreeMap;

use model::asset::Record;
use model::due::Settings;
use model::store::{Claims, Remains};
use model::{
    Asset, AssetId, Clock, Deletion, DeletionReason, Seen, Status, Store, Tags, UploadStatus,
    WorkspaceId,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::queries::{DAY, Query, START};

/// What an asset looks like: each field one of a few values, so that filters match some.
#[derive(Debug, Clone)]
pub(super) struct Looks {
    /// Milliseconds from the start of the week in which everything is made.
    pub(super) made: i64,
    pub(super) random: [u8; 14],
    pub(super) fields: BTreeMap<&'static str, &'static str>,
    pub(super) tags: BTreeMap<&'static str, Vec<&'static str>>,
    pub(super) status: Status,
    pub(super) approved: bool,
}

/// The fields and their values.
pub(super) const FIELDS: [(&str, &[&str]); 9] = [
    ("type", &["image", "copy", "audio"]),
    ("provider", &["fal", "Größe ΟΔΟΣ"]),
    ("model", &["Flux", "gpt-image"]),
    ("tool", &["image_gen", "tts"]),
    ("agent_id", &["painter", "writer", "narrator"]),
    ("execution_id", &["e1", "e2", "e3", "e4"]),
    ("conversation_id", &["c1", "c2", "c3"]),
    ("run_id", &["1", "2", "r3"]),
    ("campaign_id", &["spring", "autumn"]),
];
/// The tags and their values.
pub(super) const TAGS: [(&str, &[&str]); 2] =
    [("brand", &["Acme", "bolt", "Café"]), ("channel", &["web", "mail"])];
/// The titles.
pub(super) const TITLES: [&str; 3] = ["A Lighthouse at Dawn", "Launch post", "Überraschung"];

/// Something that happens; a number picks the asset it happens to.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Insert(Looks),
    Status(usize, Status),
    Tag(usize, &'static str, Vec<&'static str>),
    Hide(usize),
    Delete(usize, bool),
}

pub(super) fn tag_values(
    values: &'static [&'static str],
) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(values, 0..=values.len())
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(&Status::ALL[..])
}

pub(super) fn looks() -> impl Strategy<Value = Looks> {
    let field = |(name, values): (&'static str, &'static [&'static str])| {
        let value = (prop::sample::select(values), prop::bool::weighted(0.8));
        // Every asset has a type.
        value.prop_map(move |(value, has)| (has || name == "type").then_some((name, value)))
    };
    let fields: Vec<_> = FIELDS.into_iter().map(|named| field(named).boxed()).collect();
    let title = prop::sample::select(&TITLES[..]);
    let tags = (tag_values(TAGS[0].1), tag_values(TAGS[1].1));
    (0..7 * DAY, any::<[u8; 14]>(), fields, title, tags, status(), any::<bool>()).prop_map(
        |(made, random, fields, title, (brand, channel), status, approved)| Looks {
            made,
            random,
            fields: fields.into_iter().flatten().chain([("title", title)]).collect(),
            tags: BTreeMap::from([("brand", brand), ("channel", channel)]),
            status,
            approved,
        },
    )
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => looks().prop_map(Change::Insert),
        2 => (any::<usize>(), status()).prop_map(|(n, status)| Change::Status(n, status)),
        1 => (any::<usize>(), tag_values(TAGS[0].1)).prop_map(|(n, v)| Change::Tag(n, "brand", v)),
        1 => (any::<usize>(), tag_values(TAGS[1].1)).prop_map(|(n, v)| Change::Tag(n, "channel", v)),
        1 => any::<usize>().prop_map(Change::Hide),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(n, all)| Change::Delete(n, all)),
    ]
}

/// Every asset that lists show.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    assets: BTreeMap<AssetId, Looks>,
}

impl Shelf {
    /// The assets that match, in order.
    pub(super) fn matching(&self, query: &Query) -> Vec<AssetId> {
        let matching = self.assets.iter().filter(|(_, looks)| query.matches(looks));
        let mut ids: Vec<_> = matching.map(|(id, _)| *id).collect();
        if query.desc {
            ids.reverse();
        }
        ids
    }

    /// Makes it happen here and in the store; the asset it happened to.
    pub(super) async fn apply(&mut self, store: &Store, change: Change) -> Option<AssetId> {
        match change {
            Change::Insert(looks) => {
                let record = record(&looks);
                let (id, workspace) = (record.asset.id, workspace());
                let now = Clock::system().now();
                store.create(&workspace, record, &Claims::default(), now).await.unwrap();
                self.assets.insert(id, looks);
                Some(id)
            }
            Change::Status(n, status) => {
                let id = self.pick(n)?;
                replace(store, id, |asset| asset.status = status).await;
                self.assets.get_mut(&id)?.status = status;
                Some(id)
            }
            Change::Tag(n, name, values) => {
                let id = self.pick(n)?;
                self.assets.get_mut(&id)?.tags.insert(name, values);
                let tags = tags(&self.assets[&id]);
                replace(store, id, |asset| asset.tags = tags).await;
                Some(id)
            }
            Change::Hide(n) => {
                let id = self.pick(n)?;
                replace(store, id, |asset| asset.upload_status = UploadStatus::Missing).await;
                self.assets.remove(&id);
                Some(id)
            }
            Change::Delete(n, purge) => {
                let id = self.pick(n)?;
                let deletion = Deletion {
                    deleted_at: Clock::system().now(),
                    deleted_because: DeletionReason::Deleted,
                };
                let tombstone = store
                    .tombstone(&workspace(), id, &Seen::default(), true, deletion)
                    .await
                    .unwrap();
                if purge {
                    store.purge(&workspace(), &tombstone, Remains::default()).await.unwrap();
                }
                self.assets.remove(&id);
                Some(id)
            }
        }
    }

    fn pick(&self, n: usize) -> Option<AssetId> {
        self.assets.keys().nth(n % self.assets.len().max(1)).copied()
    }
}

async fn replace(store: &Store, id: AssetId, change: impl FnOnce(&mut Asset)) {
    let read = store.get(&workspace(), id).await.unwrap();
    let mut next = read.clone();
    change(&mut next.asset);
    assert!(store.replace(&workspace(), &read, &next, &Settings::default()).await.unwrap());
}

fn workspace() -> WorkspaceId {
    "acme".parse().unwrap()
}

fn tags(looks: &Looks) -> Tags {
    serde_json::from_value(json!(looks.tags)).unwrap()
}

/// The record of an asset that looks so; without a file.
pub(super) fn record(looks: &Looks) -> Record {
    let made = START.plus(looks.made);
    let mut asset = json!({
        "id": AssetId::new(made, looks.random),
        "workspace_id": "acme",
        "status": looks.status,
        "upload_status": "complete",
        "version": 1,
        "tags": looks.tags,
        "created_at": made,
        "updated_at": made,
    });
    if looks.approved {
        asset["approved_version"] = 1.into();
    }
    for (name, value) in &looks.fields {
        asset[*name] = Value::from(*value);
    }
    Record::new(serde_json::from_value(asset).unwrap())
}
