//! Asking for exports, once however often it is asked, and for those that there are.

use http::Method;
use model::export::LIFE;
use model::time::{DAY, HOUR};
use tests::Response;

use super::*;

async fn ask_by(caller: &Client, key: &str, body: &Value) -> Response {
    let request = caller.request(Method::POST, EXPORTS).header("Idempotency-Key", key);
    caller.send(request.json(body)).await
}

#[tokio::test]
async fn a_request_that_is_repeated_makes_one_export() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let body = json!({ "filter": {} });
    let asked = join_all((0..2).map(|_| ask_by(&acme, "k", &body))).await;
    let [one, other] = &asked[..] else { unreachable!() };
    assert_eq!((one.status, &one.json), (202, &other.json), "also in flight twice");
    world.deliver().await;
    let again = ask_by(&acme, "k", &body).await;
    assert_eq!(again.header("location"), one.header("location"));
    assert_eq!(again.expect(202)["data"]["status"], "succeeded");
    let another = ask_by(&acme, "k", &json!({ "filter": { "type": "copy" } })).await;
    assert_eq!((another.status, another.code()), (409, "idempotency_conflict"));
    let asset = acme.request(Method::POST, "/api/v1/assets").header("Idempotency-Key", "k");
    let asset = acme.send(asset.json(&json!({ "content": "text" }))).await;
    assert_eq!(asset.code(), "idempotency_conflict");
    let other = world.workspace("other").await;
    assert_eq!(ask_by(&other, "k", &body).await.status, 202, "keys are a workspace's own");
    world.pass(ms(DAY + HOUR));
    let later = ask_by(&acme, "k", &body).await;
    assert_ne!(later.header("location"), one.header("location"), "a day later it is a new one");
    assert_eq!(ask_by(&acme, "", &body).await.code(), "invalid_header");
}

#[tokio::test]
async fn an_attempt_that_stopped_is_gone_on_with_by_the_next() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let body = json!({ "filter": {} });
    // The record is there, and what was asked for is not.
    let ask = ask_by(&acme, "k", &body);
    assert!(world.wire.crash_at(0, tests::When::After, ask).await.is_none());
    let export = ask_by(&acme, "k", &body).await.header("location").to_owned();
    world.deliver().await;
    assert_eq!(read(&acme, &export).await["status"], "succeeded");
}

/// The ids of the exports that a list shows, all its pages.
async fn listed(caller: &Client, query: &str) -> Vec<Value> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{EXPORTS}?{query}{cursor}")).await.expect(200);
        ids.extend(page["items"].as_array().unwrap().iter().map(|export| export["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn exports_are_listed_newest_first_and_by_status() {
    let world = World::quiet().await.leaving_events();
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    approved(&acme, "text", json!({})).await;
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    for n in 0..7 {
        let filter = if n % 3 == 0 { json!({ "type": "video" }) } else { json!({}) };
        let export = ask(&acme, json!({ "filter": filter })).await;
        let ids = if n % 3 == 0 { &mut failed } else { &mut made };
        ids.insert(0, json!(export.rsplit('/').next().unwrap()));
        world.pass(ms(1000));
    }
    let queued = listed(&acme, "status=queued").await;
    assert_eq!((queued.len(), listed(&acme, "status=failed").await.len()), (7, 0));
    world.deliver().await;
    for limit in [1, 2, 50] {
        assert_eq!(listed(&acme, &format!("limit={limit}")).await, queued, "{limit}");
        let failed_ones = listed(&acme, &format!("limit={limit}&status=failed")).await;
        assert_eq!(failed_ones, failed, "{limit}");
    }
    assert_eq!(listed(&acme, "status=succeeded").await, made);
    assert_eq!(listed(&other, "").await, [Value::Null; 0]);
    let page = acme.get(&format!("{EXPORTS}?limit=1")).await.expect(200);
    assert_eq!(page["items"][0]["error"]["code"], "nothing_to_export");
    let next = page["next_cursor"].as_str().unwrap();
    for query in [&format!("cursor={next}&status=failed"), "status=done", "limit=0", "page=1"] {
        assert_eq!(acme.get(&format!("{EXPORTS}?{query}")).await.status, 400, "{query}");
    }
    world.pass(ms(LIFE));
    assert_eq!(listed(&acme, "").await, [Value::Null; 0], "they are over");
}
