//! Items that cannot be read, however they came about: the rest goes on.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use serde_json::{Value, json};
use tests::{Client, World, id};

/// Spoils what is stored under a key: `field` becomes what it cannot be.
async fn spoil(world: &World, pk: &str, sk: &str, field: &str) {
    let client = world.engines.dynamodb(platform::aws::http_client(None).unwrap());
    let update = client.update_item().table_name(local::engines::TABLE);
    let update = update.key("pk", S(pk.to_owned())).key("sk", S(sk.to_owned()));
    let update =
        update.update_expression("SET #field = :what").expression_attribute_names("#field", field);
    update.expression_attribute_values(":what", S("spoilt".to_owned())).send().await.unwrap();
}

fn partition(asset: &Value) -> String {
    format!("w#acme#a#{}", asset["id"].as_str().unwrap())
}

/// Three assets with everything that lists are driven by, the second of which cannot be read.
async fn with_one_spoilt() -> (World, Client, [Value; 3]) {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let fields = json!({ "agent_id": "painter", "run_id": "7", "title": "A text", "tags": { "brand": ["acme"] } });
    let mut assets = Vec::new();
    for n in 0..3 {
        assets.push(acme.write(&format!("text {n}"), fields.clone()).await);
    }
    world.tally().await;
    spoil(&world, &partition(&assets[1]), "asset", "version").await;
    (world, acme, assets.try_into().unwrap())
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_left_out_of_every_list() {
    let (_world, acme, [first, _, third]) = with_one_spoilt().await;
    let readable = [id(&third["id"]), id(&first["id"])];
    for filter in
        ["", "agent_id=painter", "run_id=7", "tag.brand=acme", "type=copy&status=draft", "q=text"]
    {
        for limit in [1, 50] {
            assert_eq!(acme.list(&format!("{filter}&limit={limit}")).await, readable, "{filter}");
        }
        let page = acme.get(&format!("/api/v1/assets?page=1&{filter}")).await.expect(200);
        let ids: Vec<_> = page["data"].as_array().unwrap().iter().map(|a| id(&a["id"])).collect();
        assert_eq!(ids, readable, "{filter}");
    }
    let team = acme.get("/api/assets?runId=7").await.expect(200);
    assert_eq!(team.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_told_by_every_bulk_request() {
    let (_world, acme, [first, spoilt, _]) = with_one_spoilt().await;
    let missing = "37XnnMWMjfmNEiv3gpMlqCGHrXO";
    let ids = json!([first["id"], spoilt["id"], missing]);
    for (route, more) in [("signed-urls", "expires_in"), ("review", "action"), ("delete", "force")]
    {
        let value = json!({ "expires_in": 60, "action": "submit", "force": false })[more].clone();
        let body = json!({ "ids": ids, more: value });
        let answer = acme.post(&format!("/api/v1/assets/{route}"), body).await.expect(200);
        let codes: Vec<_> = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|of| of["error"]["code"].as_str())
            .collect();
        assert_eq!(codes, [None, Some("internal"), Some("not_found")], "{route}");
    }
}

#[tokio::test]
async fn a_version_that_cannot_be_read_is_left_out_of_its_list() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("one", json!({})).await;
    let path = format!("/api/v1/assets/{}/versions", asset["id"].as_str().unwrap());
    for content in ["two", "three"] {
        acme.post(&path, json!({ "content": content })).await.expect(201);
    }
    spoil(&world, &partition(&asset), "v#0002", "version").await;
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = acme.get(&format!("{path}?limit=1{cursor}")).await.expect(200);
        numbers.extend(page["items"].as_array().unwrap().iter().map(|v| v["version"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(numbers, [3, 1]);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_left_out_of_the_history() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("one", json!({})).await;
    let path = format!("/api/v1/assets/{}", asset["id"].as_str().unwrap());
    for action in ["submit", "request-changes", "submit"] {
        acme.post(&format!("{path}/{action}"), json!({})).await.expect(200);
    }
    spoil(&world, &partition(&asset), "h#0000000004", "event").await;
    for limit in [1, 50] {
        let (mut actions, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = acme.get(&format!("{path}/history?limit={limit}{cursor}")).await.expect(200);
            actions.extend(page["items"].as_array().unwrap().iter().map(|e| e["action"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(actions, ["submit", "submit", "created"]);
    }
}

#[tokio::test]
async fn a_counter_that_cannot_be_read_is_left_out_of_usage() {
    let (world, acme, _) = with_one_spoilt().await;
    spoil(&world, "w#acme#n#type", "copy", "n").await;
    spoil(&world, "w#acme#n", "all", "b").await;
    let usage = acme.get("/api/v1/usage").await.expect(200);
    assert_eq!(
        (&usage["data"]["by_type"], &usage["data"]["by_status"][0]["count"]),
        (&json!([]), &json!(3))
    );
}

#[tokio::test]
async fn what_a_newer_store_wrote_is_told_and_left_as_it_is() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("one", json!({})).await;
    let other = acme.write("two", json!({})).await;
    let client = world.engines.dynamodb(platform::aws::http_client(None).unwrap());
    let key = [("pk", S(partition(&asset))), ("sk", S("asset".to_owned()))];
    let key = HashMap::from(key.map(|(name, value)| (name.to_owned(), value)));
    let update = client.update_item().table_name(local::engines::TABLE).set_key(Some(key.clone()));
    let update = update.update_expression("SET v = :v");
    update.expression_attribute_values(":v", N("2".to_owned())).send().await.unwrap();
    let stored = async || {
        let get = client.get_item().table_name(local::engines::TABLE);
        get.set_key(Some(key.clone())).send().await.unwrap().item.unwrap()
    };
    let before = stored().await;
    assert_eq!(acme.list("").await, [id(&other["id"])]);
    let path = format!("/api/v1/assets/{}", asset["id"].as_str().unwrap());
    acme.get(&path).await.expect(500);
    acme.post(&format!("{path}/submit"), json!({})).await.expect(500);
    acme.delete(&path).await.expect(500);
    acme.delete(&format!("{path}?force=true")).await.expect(500);
    assert_eq!(stored().await, before);
}
