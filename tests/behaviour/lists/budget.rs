//! What one request may cost, however little matches.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};
use model::store::Claims;
use model::{Clock, Status};
use tests::World;

use super::assets::{Looks, record};

/// Two thousand assets, of which the filters below match few and far between.
async fn sparse() -> (World, tests::Client) {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let prompt: &'static str = Box::leak("a lighthouse ".repeat(60).into_boxed_str());
    let looks = (0..2000_u16).map(|n| Looks {
        made: i64::from(n) * 60_000,
        random: [u8::try_from(n % 256).unwrap(); 14],
        fields: BTreeMap::from([
            ("type", if n % 3 == 0 { "copy" } else { "image" }),
            ("provider", if n % 7 == 0 { "openai" } else { "fal" }),
            ("model", if n % 501 == 0 { "rare" } else { "flux" }),
            ("title", "A title"),
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

#[tokio::test]
async fn no_request_takes_more_than_four_trips_and_64_units() {
    let (world, acme) = sparse().await;
    for filter in [
        "model=rare",
        "q=nothing",
        "type=copy&model=rare",
        "tag.brand=bolt&model=rare",
        "tag.brand=bolt&q=nothing",
        "type=copy&provider=openai&status=approved",
        "type=copy,image&provider=openai,fal&status=approved,draft&model=rare",
        "status=approved&tag.brand=bolt&q=nothing&order=asc",
    ] {
        for limit in [1, 50, 200] {
            let mut path = format!("/api/v1/assets?{filter}&limit={limit}");
            let mut requests = 0;
            loop {
                let page = acme.get(&path).await.expect(200);
                let usage = world.wire.take_usage();
                assert!(usage.rcu <= 64.0 && usage.trips <= 4, "{path}: {usage:?}");
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                path = format!("/api/v1/assets?{filter}&limit={limit}&cursor={cursor}");
                requests += 1;
                assert!(requests < 2100, "{path}");
            }
        }
    }
}
