//! Days and times that a list is asked for.

use serde_json::json;
use tests::{Client, World, id};

async fn refusal(acme: &Client, path: &str) -> String {
    let answer = acme.get(path).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"), "{path}");
    answer.json["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_same_date_twice_is_that_day_in_every_list() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("text", json!({})).await;
    world.tally().await;
    let day = &asset["created_at"].as_str().unwrap()[..10];
    let range = format!("created_from={day}&created_to={day}");
    assert_eq!(acme.list(&range).await, [id(&asset["id"])]);
    let numbered = acme.get(&format!("/api/v1/assets?page=1&{range}")).await.expect(200);
    assert_eq!(numbered["meta"]["total"], 1);
    let team = acme.get(&format!("/api/assets?from={day}&to={day}")).await.expect(200);
    assert_eq!(team.as_array().unwrap().len(), 1);
    let usage = acme.get(&format!("/api/v1/usage?from={day}&to={day}")).await.expect(200);
    assert_eq!(usage["data"]["by_day"][0]["count"], 1);
    let instant = format!("created_from={day}&created_to={day}T00:00:00Z");
    assert!(acme.list(&instant).await.is_empty(), "an instant is no day");
}

#[tokio::test]
async fn a_range_the_wrong_way_round_is_refused_in_every_list() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for (path, named) in [
        ("/api/v1/assets?created_from=2026-11-27&created_to=2026-11-26", "created_to: "),
        ("/api/v1/assets?page=1&from=2026-11-27T00:00:01Z&to=2026-11-27", "to: "),
        ("/api/assets?from=2026-11-27&to=2026-11-26", "to: "),
        ("/api/v1/usage?from=2026-11-27&to=2026-11-26", "from: "),
    ] {
        let detail = refusal(&acme, path).await;
        assert!(detail.starts_with(named), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_plus_that_was_not_encoded_is_explained() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for path in ["/api/v1/assets?created_from=", "/api/assets?from=", "/api/v1/usage?from="] {
        let detail = refusal(&acme, &format!("{path}2026-01-31T10:00:00+02:00")).await;
        assert!(detail.contains("%2B"), "{path}: {detail}");
    }
    assert!(acme.list("created_from=2026-01-31T10:00:00%2B02:00").await.is_empty());
}
