//! What operations cost, by the engine's own account: the figures of docs/costs.md.

use http::Method;
use serde_json::{Value, json};
use tests::{Client, Usage, World, fixture};

/// Every facet set, as a careful producer sends it.
fn every_facet() -> Value {
    json!({
        "execution_id": "exec-1", "agent_id": "painter", "conversation_id": "conv-1",
        "run_id": "42", "campaign_id": "spring", "type": "image", "provider": "fal",
        "model": "flux", "tool": "image_gen", "title": "A hero image",
        "prompt": "a lighthouse at dawn, oil on canvas", "metadata": { "seed": 7 },
    })
}

/// A world in which nothing happens by itself, and a caller whose key is already known.
async fn warm() -> (World, Client) {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    for path in ["/api/v1/assets", "/api/v1/assets/nothing/signed-url"] {
        acme.get(path).await;
    }
    acme.delete("/api/v1/assets/nothing").await;
    acme.create(json!({})).await;
    world.wire.take_usage();
    (world, acme)
}

fn cost(usage: &Usage) -> (usize, usize, f64, f64) {
    (usage.dynamodb, usage.s3, usage.rcu, usage.wcu)
}

#[tokio::test]
async fn an_upload_costs_one_write_to_register_and_one_to_complete() {
    let (world, acme) = warm().await;
    let mut body = every_facet();
    body["upload"] = json!({ "file_name": "hero.png", "content_type": "image/png" });
    let created = acme.create(body).await.expect(201);
    assert_eq!(cost(&world.wire.take_usage()), (1, 0, 0.0, 2.0), "register");
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    world.deliver().await;
    assert_eq!(cost(&world.wire.take_usage()), (3, 2, 1.5, 16.0), "ingest");
    let id = created["data"]["id"].as_str().unwrap().to_owned();
    acme.get(&format!("/api/v1/assets/{id}")).await;
    assert_eq!(cost(&world.wire.take_usage()), (1, 0, 1.0, 0.0), "get");
    acme.get(&format!("/api/v1/assets/{id}/signed-url")).await;
    assert_eq!(cost(&world.wire.take_usage()), (1, 0, 1.0, 0.0), "sign");
    acme.delete(&format!("/api/v1/assets/{id}")).await;
    assert_eq!(cost(&world.wire.take_usage()), (3, 2, 1.0, 21.0), "delete");
}

#[tokio::test]
async fn a_step_costs_the_record_its_indexes_that_change_and_an_event() {
    let (world, acme) = warm().await;
    let asset = acme.write("# Hello", every_facet()).await;
    let path = format!("/api/v1/assets/{}", asset["id"].as_str().unwrap());
    acme.post(&format!("{path}/submit"), json!({})).await.expect(200);
    world.wire.take_usage();
    acme.post(&format!("{path}/approve"), json!({})).await.expect(200);
    let approve = cost(&world.wire.take_usage());
    let edit = acme.request(Method::PATCH, &path).json(&json!({ "title": "New" }));
    acme.send(edit).await.expect(200);
    let edit = cost(&world.wire.take_usage());
    acme.get(&format!("{path}/history")).await.expect(200);
    let history = cost(&world.wire.take_usage());
    assert_eq!([approve, edit, history], [(3, 0, 1.5, 26.0), (3, 0, 1.5, 14.0), (2, 0, 2.0, 0.0)]);
}

#[tokio::test]
async fn claims_make_it_a_transaction() {
    let (world, acme) = warm().await;
    let upload =
        json!({ "file_name": "a", "content_type": "image/png", "checksum_sha256": "0".repeat(64) });
    let request = acme.request(Method::POST, "/api/v1/assets").json(&json!({ "upload": upload }));
    acme.send(request.header("Idempotency-Key", "k")).await;
    assert_eq!(cost(&world.wire.take_usage()), (1, 0, 0.0, 7.0));
}

#[tokio::test]
async fn inline_content_costs_one_object_and_two_writes() {
    let (world, acme) = warm().await;
    acme.write("# Hello", json!({ "agent_id": "writer" })).await;
    assert_eq!(cost(&world.wire.take_usage()), (3, 1, 0.5, 9.0), "create");
    world.deliver().await;
    assert_eq!(cost(&world.wire.take_usage()), (2, 1, 1.5, 0.0), "its event is no news");
}

#[tokio::test]
async fn a_page_is_one_query() {
    let (world, acme) = warm().await;
    for n in 0..60 {
        acme.write(&format!("text {n}"), every_facet()).await;
    }
    world.wire.take_usage();
    acme.get("/api/v1/assets").await;
    assert_eq!(cost(&world.wire.take_usage()), (1, 0, 7.0, 0.0), "50 of 60");
    acme.get("/api/v1/assets?agent_id=painter&type=image&limit=10").await;
    let usage = world.wire.take_usage();
    assert_eq!(
        (usage.dynamodb, usage.trips, usage.s3),
        (2, 2, 0),
        "a pair that has an index, then the records"
    );
    acme.get("/api/v1/assets?agent_id=painter&tool=image_gen&limit=10").await;
    let usage = world.wire.take_usage();
    assert_eq!(
        (usage.dynamodb, usage.trips, usage.s3),
        (3, 2, 0),
        "two facets, tried side by side, then the records"
    );
    acme.get("/api/v1/assets?page=1").await;
    let usage = world.wire.take_usage();
    assert_eq!((usage.dynamodb, usage.trips), (3, 2), "a numbered page, its counter, the rest");
}

#[tokio::test]
async fn an_export_costs_little_beside_its_files() {
    let (world, acme) = warm().await;
    for n in 0..10 {
        let asset = acme.write(&format!("text {n}"), every_facet()).await;
        let path = format!("/api/v1/assets/{}", asset["id"].as_str().unwrap());
        for step in ["submit", "approve"] {
            acme.post(&format!("{path}/{step}"), json!({})).await.expect(200);
        }
    }
    world.deliver().await;
    acme.get("/api/v1/exports/nothing").await;
    world.wire.take_usage();
    let asked = acme.post("/api/v1/exports", json!({ "filter": {} })).await.expect(202);
    assert_eq!(cost(&world.wire.take_usage()), (1, 1, 0.0, 5.0), "ask");
    world.deliver().await;
    assert_eq!(cost(&world.wire.take_usage()), (17, 12, 21.5, 9.0), "make");
    let path = format!("/api/v1/exports/{}", asked["data"]["id"].as_str().unwrap());
    acme.get(&path).await.expect(200);
    assert_eq!(cost(&world.wire.take_usage()), (1, 0, 1.0, 0.0), "look");
}
