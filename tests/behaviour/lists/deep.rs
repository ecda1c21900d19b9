//! Pages that lie so deep that the daily counts lead to them.

use futures::stream::{self, StreamExt};
use model::due::Settings;
use model::store::{Claims, bulk};
use model::{Clock, Record, Status};
use std::collections::BTreeMap;
use tests::{World, id};

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};

use super::assets::{Looks, record};
use super::queries::DAY;

/// Three days of assets, most of them on the second, in bursts.
fn stock() -> Vec<Record> {
    let looks = (0..1500_u16).map(|n| Looks {
        made: match n {
            0..200 => i64::from(n) * 400_000,
            200..1300 => DAY + i64::from(n / 100) * 3_600_000 + i64::from(n % 100),
            _ => 2 * DAY + i64::from(n - 1300) * 1000,
        },
        random: [u8::try_from(n % 256).unwrap(); 14],
        fields: BTreeMap::from([
            ("type", if n % 4 == 0 { "copy" } else { "image" }),
            ("title", ""),
        ]),
        tags: BTreeMap::new(),
        status: Status::Draft,
        approved: false,
    });
    looks.map(|looks| record(&looks)).collect()
}

#[tokio::test]
async fn deep_pages_and_totals_are_exact_once_everything_is_counted() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut ids = Vec::new();
    let stock = stock();
    let creates = stock.iter().map(async |record| {
        let (now, claims) = (Clock::system().now(), Claims::default());
        world.store().create(&acme.workspace, record.clone(), &claims, now).await.unwrap();
    });
    stream::iter(creates).buffer_unordered(8).collect::<Vec<_>>().await;
    world.tally().await;
    ids.extend(
        stock.iter().map(|record| (record.asset.id, record.asset.asset_type.as_str() == "image")),
    );
    ids.sort_unstable();
    for (query, desc, images) in
        [("", true, false), ("&order=asc", false, false), ("&type=image", true, true)]
    {
        let wanted = ids.iter().filter(|(_, image)| *image || !images).map(|(id, _)| *id);
        let mut wanted: Vec<_> = wanted.collect();
        if desc {
            wanted.reverse();
        }
        for page in (1..=16).rev() {
            let path = format!("/api/v1/assets?limit=100&page={page}{query}");
            let answer = acme.get(&path).await.expect(200);
            let items = answer["data"].as_array().unwrap().iter();
            let items: Vec<_> = items.map(|item| id(&item["id"])).collect();
            let slice: Vec<_> = wanted.iter().skip((page - 1) * 100).take(100).copied().collect();
            assert_eq!(items, slice, "{path}");
            assert_eq!(answer["meta"]["total"], wanted.len(), "{path}");
        }
    }
}

#[tokio::test]
async fn a_deep_page_costs_no_more_than_the_quarter_hour_it_begins_in() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for record in stock().into_iter().skip(200) {
        let (now, claims) = (Clock::system().now(), Claims::default());
        world.store().create(&acme.workspace, record, &claims, now).await.unwrap();
    }
    world.tally().await;
    world.wire.take_usage();
    assert_eq!(acme.get("/api/v1/assets?limit=20&page=64").await.status, 200);
    let usage = world.wire.take_usage();
    assert!(usage.rcu < 10.0, "{usage:?}");
}

/// Writes records and their counters as an import does.
async fn import(world: &World, records: &[Record]) {
    let client = world.engines.dynamodb(platform::aws::http_client(None).unwrap());
    let items =
        records.iter().flat_map(|record| bulk::items(record, &Settings::default()).unwrap());
    let items: Vec<_> = items.chain(bulk::counters(records)).collect();
    let batches = items.chunks(25).map(async |batch| {
        let puts = batch.iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let write = client.batch_write_item().request_items(local::engines::TABLE, puts.collect());
        let left = write.send().await.unwrap().unprocessed_items;
        assert!(left.unwrap_or_default().is_empty());
    });
    stream::iter(batches).buffer_unordered(4).collect::<Vec<_>>().await;
}

/// More than four thousand assets of a kilobyte, all made within two minutes.
fn burst() -> Vec<Record> {
    let prompt: &'static str = Box::leak("a lighthouse ".repeat(40).into_boxed_str());
    let looks = (0..4_240_i64).map(|n| Looks {
        made: n * 29,
        random: [u8::try_from(n % 256).unwrap(); 14],
        fields: BTreeMap::from([
            ("type", "image"),
            ("agent_id", "painter"),
            ("title", ""),
            ("prompt", prompt),
        ]),
        tags: BTreeMap::new(),
        status: Status::Draft,
        approved: false,
    });
    looks.map(|looks| record(&looks)).collect()
}

#[tokio::test]
async fn page_200_costs_no_more_than_three_times_the_first_where_all_came_within_minutes() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let records = burst();
    import(&world, &records).await;
    let mut ids: Vec<_> = records.iter().map(|record| record.asset.id).collect();
    ids.sort_unstable();
    acme.list("agent_id=nobody").await;
    for query in ["order=asc", "type=image&order=asc", "agent_id=painter", "status=draft", ""] {
        if !query.contains("asc") {
            ids.sort_unstable_by(|a, b| b.cmp(a));
        }
        let mut first = 0.0;
        for page in [1, 2, 5, 20, 100, 200, 211, 212] {
            world.wire.take_usage();
            let path = format!("/api/v1/assets?limit=20&page={page}&{query}");
            let answer = acme.get(&path).await.expect(200);
            let usage = world.wire.take_usage();
            let items = answer["data"].as_array().unwrap().iter();
            let items: Vec<_> = items.map(|item| id(&item["id"])).collect();
            assert_eq!(items, ids[(page - 1) * 20..page * 20], "{path}");
            assert_eq!(
                (&answer["meta"]["total"], &answer["meta"]["pages"]),
                (&4_240.into(), &212.into()),
                "{path}"
            );
            let (rcu, trips) = usage.besides_the_key();
            first = if page == 1 { rcu } else { first };
            assert!(rcu <= 3.0 * first && trips <= 4, "{path}: {first}, {usage:?}");
        }
    }
}
