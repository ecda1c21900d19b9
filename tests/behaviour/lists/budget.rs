//! What one request may cost, however little matches.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};
use model::store::Claims;
use model::{Clock, Status};
use tests::{World, id};

use super::assets::{Looks, record};

/// Two thousand assets, of which the filters below match few and far between.
async fn sparse() -> (World, tests::Client) {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let prompt: &'static str = Box::leak("a lighthouse ".repeat(60).into_boxed_str());
    let titles: Vec<_> = (0..2000).map(|n| &*format!("A title, number {n}").leak()).collect();
    let looks = (0..2000_u16).map(|n| Looks {
        made: i64::from(n) * 60_000,
        random: [u8::try_from(n % 256).unwrap(); 14],
        fields: BTreeMap::from([
            ("type", if n % 3 == 0 { "copy" } else { "image" }),
            ("provider", if n % 7 == 0 { "openai" } else { "fal" }),
            ("model", if n % 501 == 0 { "rare" } else { "flux" }),
            ("title", titles[usize::from(n)]),
            ("run_id", "all"),
            ("prompt", prompt),
        ]),
        tags: BTreeMap::from([("brand", if n % 2 == 0 { vec!["bolt"] } else { vec![] })]),
        status: if n % 4 == 0 { Status::Approved } else { Status::Draft },
        approved: false,
    });
    let records: Vec<_> = looks.map(|looks| record(&looks)).collect();
    let creates = records.into_iter().map(async |record| {
        let (now, claims) = (Clock::system().now(), Claims::default());
        world.store().create(&acme.workspace, record, &claims, now).await.unwrap();
    });
    stream::iter(creates).buffer_unordered(8).collect::<Vec<_>>().await;
    acme.list("agent_id=nobody").await;
    world.wire.take_usage();
    (world, acme)
}

/// Filters that match few and far between.
const SPARSE: [&str; 8] = [
    "model=rare",
    "q=nothing",
    "type=copy&model=rare",
    "tag.brand=bolt&model=rare",
    "tag.brand=bolt&q=nothing",
    "type=copy&provider=openai&status=approved",
    "type=copy,image&provider=openai,fal&status=approved,draft&model=rare",
    "status=approved&tag.brand=bolt&q=nothing&order=asc",
];

#[tokio::test]
async fn no_request_takes_more_than_four_trips_and_64_units() {
    let (world, acme) = sparse().await;
    for filter in SPARSE {
        for limit in [1, 50, 200] {
            let mut path = format!("/api/v1/assets?{filter}&limit={limit}");
            let mut requests = 0;
            loop {
                let page = acme.get(&path).await.expect(200);
                let usage = world.wire.take_usage();
                let (rcu, trips) = usage.besides_the_key();
                assert!(rcu <= 64.0 && trips <= 4, "{path}: {usage:?}");
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                path = format!("/api/v1/assets?{filter}&limit={limit}&cursor={cursor}");
                requests += 1;
                assert!(requests < 2100, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_numbered_page_takes_no_more_and_none_that_is_promised_is_refused() {
    let (world, acme) = sparse().await;
    world.tally().await;
    let others =
        ["", "type=copy", "type=copy,image", "run_id=all", "q=title&order=asc", "q=title%207"];
    for filter in SPARSE.into_iter().chain(others) {
        let limit = if filter.contains('&') { 7 } else { 50 };
        let expected = acme.list(&format!("{filter}&limit=200")).await;
        world.wire.take_usage();
        let mut found = Vec::new();
        for page in 1..=2000 {
            let path = format!("/api/v1/assets?{filter}&limit={limit}&page={page}");
            let answer = acme.get(&path).await.expect(200);
            let usage = world.wire.take_usage();
            let (rcu, trips) = usage.besides_the_key();
            assert!(rcu <= 64.0 && trips <= 4, "{path}: {usage:?}");
            found.extend(answer["data"].as_array().unwrap().iter().map(|item| id(&item["id"])));
            let meta = &answer["meta"];
            if let Some(cursor) = meta["next_cursor"].as_str() {
                assert_eq!(meta["pages"], page, "{path}");
                if found.len() < page * limit {
                    assert_eq!(meta["total_relation"], "gte", "{path}");
                    let page = page + 1;
                    let behind = format!("/api/v1/assets?{filter}&limit={limit}&page={page}");
                    let refused = acme.get(&behind).await.expect(400);
                    assert_eq!(refused["code"], "use_cursor", "{behind}");
                    let says = refused["detail"].as_str().unwrap();
                    assert!(says.starts_with("one request does not find"), "{behind}: {says}");
                }
                let mut cursor = Some(cursor.to_owned());
                while let Some(after) = cursor {
                    let path = format!("/api/v1/assets?{filter}&limit=200&cursor={after}");
                    let rest = acme.get(&path).await.expect(200);
                    let items = rest["items"].as_array().unwrap().iter();
                    found.extend(items.map(|item| id(&item["id"])));
                    cursor = rest["next_cursor"].as_str().map(str::to_owned);
                }
                break;
            }
            if meta["pages"].as_u64().unwrap() <= page as u64 {
                break;
            }
        }
        assert_eq!(found, expected, "{filter} by {limit}");
    }
}

#[tokio::test]
async fn a_first_page_shows_what_is_among_the_newest_three_hundred() {
    let (_world, acme) = sparse().await;
    let page = acme.get("/api/v1/assets?page=1&q=number%201750").await.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert!(page["meta"]["next_cursor"].is_string() && page["meta"]["total_relation"] == "gte");
}
