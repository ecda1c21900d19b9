//! Counters: what they say, and that nothing counts twice.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt};
use model::asset::Record;
use model::due::Settings;
use model::store::{Claims, Remains, bulk};
use model::{AssetId, Deletion, DeletionReason, Seen, Status, UploadStatus, WorkspaceId};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tests::{When, World, eventually};

/// How many random operations are counted.
const OPERATIONS: usize = 10_000;

#[tokio::test]
async fn usage_tells_counts_bytes_and_costs_by_value_and_day() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    acme.write("four", json!({ "type": "copy", "provider": "openai" })).await;
    acme.write("seven!!", json!({ "type": "copy" })).await;
    let failed = json!({ "status": "failed", "cost_usd": 0.25 });
    acme.create(json!({ "type": "image", "model": "Flux", "agent_id": "a", "generation": failed }))
        .await;
    world.tally().await;
    let usage = acme.get("/api/v1/usage").await.expect(200);
    let share = |value: &str, count: u64, bytes: u64, cost: u64| json!({ "value": value, "count": count, "bytes": bytes, "cost_micro_usd": cost });
    let today = &world.now().to_string()[..10];
    let expected = json!({
        "total": { "count": 3, "bytes": 11, "cost_micro_usd": 250_000 },
        "by_type": [share("copy", 2, 11, 0), share("image", 1, 0, 250_000)],
        "by_provider": [share("openai", 1, 4, 0)],
        "by_model": [share("Flux", 1, 0, 250_000)],
        "by_agent": [share("a", 1, 0, 250_000)],
        "by_campaign": [],
        "by_status": [share("draft", 3, 11, 250_000)],
        "by_day": [share(today, 3, 11, 250_000)],
        "spend": {
            "total_micro_usd": 250_000, "rejected_micro_usd": 0,
            "per_approved_asset_micro_usd": null, "books": [],
        },
    });
    assert_eq!(usage, json!({ "data": expected }));
}

#[tokio::test]
async fn spend_tells_what_went_into_rejected_and_approved_assets() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let made = async |cents: u32, steps: &[&str]| {
        let generation = json!({ "status": "succeeded", "cost_usd": f64::from(cents) / 100.0 });
        let asset = acme.write(&format!("for {cents}"), json!({ "generation": generation })).await;
        let path = format!("/api/v1/assets/{}", asset["id"].as_str().unwrap());
        for step in steps {
            acme.post(&format!("{path}/{step}"), json!({})).await.expect(200);
        }
        path
    };
    for cents in [1, 2] {
        made(cents, &["submit", "approve"]).await;
    }
    made(4, &["archive"]).await;
    let deleted = made(8, &[]).await;
    acme.delete(&deleted).await;
    world.tally().await;
    let spend = acme.get("/api/v1/usage").await.expect(200)["data"]["spend"].clone();
    let expected = json!({
        "total_micro_usd": 150_000, "rejected_micro_usd": 120_000,
        "per_approved_asset_micro_usd": 75_000, "books": [],
    });
    assert_eq!(spend, expected);
}

#[tokio::test]
async fn usage_is_a_workspaces_own_and_forgets_what_is_deleted() {
    let world = World::quiet().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let asset = acme.write("text", json!({})).await;
    world.tally().await;
    let total = async |caller: &tests::Client| {
        caller.get("/api/v1/usage").await.expect(200)["data"]["total"]["count"].clone()
    };
    assert_eq!((total(&acme).await, total(&other).await), (json!(1), json!(0)));
    acme.delete(&format!("/api/v1/assets/{}", asset["id"].as_str().unwrap())).await;
    world.tally().await;
    assert_eq!(acme.get("/api/v1/usage").await.expect(200)["data"]["by_type"], json!([]));
}

#[tokio::test]
async fn usage_takes_days_and_nothing_else() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    acme.write("text", json!({})).await;
    world.tally().await;
    let past = acme.get("/api/v1/usage?from=2026-01-01&to=2026-02-01").await.expect(200);
    assert_eq!((&past["data"]["by_day"], &past["data"]["total"]["count"]), (&json!([]), &json!(1)));
    for bad in ["from=soon", "from=2026-02-01&to=2026-01-01", "from=2020-01-01", "day=1"] {
        let answer = acme.get(&format!("/api/v1/usage?{bad}")).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"), "{bad}");
    }
}

#[tokio::test]
async fn a_total_follows_within_moments() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for n in 0..3 {
        acme.write(&format!("text {n}"), json!({})).await;
    }
    eventually(async || {
        let page = acme.get("/api/v1/assets?page=1&limit=1").await.expect(200);
        (page["meta"]["total"] == 3).then_some(())
    })
    .await;
}

/// A workspace in which anything happens to anything.
struct Chaos {
    world: World,
    acme: WorkspaceId,
    random: StdRng,
    known: Vec<AssetId>,
}

const TYPES: [&str; 3] = ["image", "copy", "audio"];
const PROVIDERS: [&str; 4] = ["fal", "Fal", "openai", "OpenAI"];

impl Chaos {
    fn record(&mut self) -> Record {
        let days = self.random.random_range(0..3);
        let made =
            self.world.now().plus(-days * 86_400_000 - self.random.random_range(0..80_000_000));
        let id = AssetId::new(made, self.random.random());
        self.known.push(id);
        let mut asset = json!({
            "id": id, "workspace_id": "acme", "status": "draft", "version": 1,
            "type": TYPES.choose(&mut self.random), "execution_id": format!("e{}", days),
            "upload_status": if self.random.random() { "complete" } else { "pending" },
            "file_size": self.random.random_range(0..1000), "created_at": made, "updated_at": made,
        });
        if self.random.random() {
            asset["provider"] = (*PROVIDERS.choose(&mut self.random).unwrap()).into();
            let cost = f64::from(self.random.random_range(0..9_u8)) / 100.0;
            asset["generation"] = json!({ "status": "succeeded", "cost_usd": cost });
        }
        Record::new(serde_json::from_value(asset).unwrap())
    }

    async fn step(&mut self) {
        let known = self.known.choose(&mut self.random).copied();
        let (Some(id), 3..) = (known, self.random.random_range(0..10)) else {
            let (record, now) = (self.record(), self.world.now());
            let claims = Claims::default();
            self.world.store().create(&self.acme, record, &claims, now).await.unwrap();
            return;
        };
        let Some(read) = self.world.store().find(&self.acme, id).await.unwrap() else { return };
        if read.deletion.is_some() {
            return self.world.store().purge(&self.acme, &read, Remains::default()).await.unwrap();
        }
        let mut next = read.clone();
        match self.random.random_range(0..10) {
            0 => {
                let deleted_at = self.world.now();
                let deletion = Deletion { deleted_at, deleted_because: DeletionReason::Deleted };
                self.world
                    .store()
                    .tombstone(&self.acme, id, &Seen::default(), true, deletion)
                    .await
                    .unwrap();
                return;
            }
            1..4 => next.asset.upload_status = UploadStatus::Complete,
            4 => next.asset.upload_status = UploadStatus::Missing,
            5 => next.asset.file_size = Some(self.random.random_range(0..1000)),
            _ => next.asset.status = *Status::ALL.choose(&mut self.random).unwrap(),
        }
        let settings = Settings::default();
        assert!(self.world.store().replace(&self.acme, &read, &next, &settings).await.unwrap());
    }

    /// Delivers every batch that waits, twice, and first as many times as it crashes.
    async fn deliver(&mut self) {
        let deps = tally::Deps::new(&self.world.environment_of("tally")).unwrap();
        for batch in self.world.take_changes().await {
            while self.random.random_ratio(1, 3) {
                let at = self.random.random_range(0..5);
                let when = if self.random.random() { When::Before } else { When::After };
                let crashed = tally::handle(&deps, batch.clone());
                let _ = self.world.wire.crash_at(at, when, crashed).await;
            }
            for _ in 0..2 {
                let answer = tally::handle(&deps, batch.clone()).await.unwrap();
                assert_eq!(answer, json!({ "batchItemFailures": [] }));
            }
        }
    }

    async fn listed(&self) -> Vec<Record> {
        let reads = self.known.iter().map(|id| self.world.store().find(&self.acme, *id));
        let records = stream::iter(reads).buffer_unordered(8).collect::<Vec<_>>().await;
        records.into_iter().filter_map(Result::unwrap).collect()
    }
}

type Counters = BTreeMap<(String, String), BTreeMap<String, i64>>;

/// Counters by key and attribute, without those that say nothing.
fn counters(items: Vec<std::collections::HashMap<String, AttributeValue>>) -> Counters {
    let text = |item: &std::collections::HashMap<_, AttributeValue>, name: &str| {
        item[name].as_s().unwrap().clone()
    };
    let counters = items.into_iter().filter_map(|item| {
        let key = (text(&item, "pk"), text(&item, "sk"));
        let numbers = item.into_iter().filter_map(|(name, value)| match value {
            AttributeValue::N(number) => Some((name, number.parse().unwrap())),
            _ => None,
        });
        let numbers: BTreeMap<_, _> = numbers.filter(|(_, number)| *number != 0).collect();
        (!numbers.is_empty()).then_some((key, numbers))
    });
    counters.collect()
}

#[tokio::test]
async fn counters_equal_a_recount_however_often_changes_come_and_wherever_it_crashes() {
    let world = World::quiet().await;
    let acme: WorkspaceId = "acme".parse().unwrap();
    let mut chaos = Chaos { world, acme, random: StdRng::seed_from_u64(7), known: Vec::new() };
    for n in 1..=OPERATIONS {
        chaos.step().await;
        if n % 100 == 0 {
            chaos.deliver().await;
        }
    }
    chaos.deliver().await;
    let listed = chaos.listed().await;
    let http = platform::aws::http_client(None).unwrap();
    let client = chaos.world.engines.dynamodb(http);
    let table = local::engines::TABLE;
    let mut pages = client.scan().table_name(table).into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = pages.next().await {
        let mut item = item.unwrap();
        // What is deleted is in no recount.
        item.remove("d");
        let pk = item["pk"].as_s().unwrap();
        if ["w#acme#n", "w#acme#d", "w#acme#m"].iter().any(|start| pk.starts_with(start)) {
            items.push(item);
        }
    }
    let recount = counters(bulk::counters(&listed));
    assert!(recount.len() > 30, "{}", recount.len());
    assert_eq!(counters(items), recount);
}

#[tokio::test]
async fn counting_an_upload_costs_its_note_and_each_counter_once() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut minutes = BTreeSet::new();
    for n in 0..10 {
        let asset = acme.write(&format!("text {n}"), json!({ "agent_id": "writer" })).await;
        minutes.insert(asset["created_at"].as_str().unwrap()[..16].to_owned());
    }
    world.wire.take_usage();
    world.tally().await;
    let usage = world.wire.take_usage();
    assert_eq!(usage.operations, ["BatchGetItem", "TransactWriteItems"]);
    let of_minutes: f64 = minutes.iter().map(|_| 2.0).sum();
    assert_eq!((usage.rcu, usage.wcu), (10.0, 36.0 + of_minutes));
}
