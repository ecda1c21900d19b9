//! Media that the store has made, by the provider `demo`: from the request to the asset.

mod asking;
mod crashes;
mod money;
mod taking;
mod traces;

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Client, World};

/// A row of the catalogue in which the demo's pictures cost a dollar.
const A_DOLLAR: &str = r#"
[demo.image_gen."demo-image"]
takes.count = { least = 1, most = 4 }
takes.size = {}
takes.seed = {}
prices = [{ unit = "image", micro_usd = 1000000, on = "2026-11-28", source = "a test" }]
"#;

/// A quiet world whose demo costs money.
async fn costly() -> World {
    World::quiet_with(&[("PROVIDER_CATALOGUE", A_DOLLAR)]).await
}

/// A call of the demo's image model.
fn picture(prompt: &str) -> Value {
    json!({
        "tool": "image_gen", "provider": "demo", "model": "demo-image", "size": "128x128", "prompt": prompt,
        "execution_id": "run-7", "agent_id": "painter", "campaign_id": "spring", "tags": { "brand": ["acme"] },
    })
}

async fn ask(acme: &Client, body: Value) -> Value {
    acme.post("/api/v1/generations", body).await.expect(202)["data"].clone()
}

async fn read(acme: &Client, generation: &Value) -> Value {
    let id = generation["id"].as_str().unwrap();
    acme.get(&format!("/api/v1/generations/{id}")).await.expect(200)["data"].clone()
}

/// Delivers messages, and lets time pass, until the generation has come to rest.
async fn settle(world: &World, acme: &Client, generation: &Value) -> Value {
    for _ in 0..60 {
        world.deliver_messages("jobs").await;
        let found = read(acme, generation).await;
        if found.get("ended_at").is_some() {
            return found;
        }
        world.pass(Duration::from_mins(1));
    }
    panic!("it does not come to an end: {}", read(acme, generation).await);
}

#[tokio::test]
async fn a_picture_is_made_and_kept_as_an_asset() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asked = ask(&acme, picture("a lighthouse at dawn")).await;
    assert_eq!(
        (&asked["status"], &asked["assets"][0]["upload_status"]),
        (&json!("queued"), &json!("pending"))
    );
    let made = settle(&world, &acme, &asked).await;
    assert_eq!(
        (&made["status"], &made["cost_micro_usd"]),
        (&json!("succeeded"), &json!(0)),
        "{made}"
    );
    let asset = &made["assets"][0];
    assert_eq!(asset["id"], asked["asset_ids"][0]);
    for (field, value) in [
        ("content_type", json!("image/png")),
        ("file_name", json!("image_gen.png")),
        ("type", json!("image")),
        ("width", json!(128)),
        ("prompt", json!("a lighthouse at dawn")),
        ("execution_id", json!("run-7")),
        ("tool", json!("image_gen")),
        ("upload_status", json!("complete")),
    ] {
        assert_eq!(asset[field], value, "{field}");
    }
    let generation = &asset["generation"];
    assert_eq!((&generation["status"], &generation["id"]), (&json!("succeeded"), &made["id"]));
    assert_eq!(generation["trace_id"], made["trace_id"]);
    let file = acme.download(asset["id"].as_str().unwrap()).await;
    assert_eq!(&file.bytes[1..4], b"PNG");
    world.deliver().await;
    assert_eq!(read(&acme, &asked).await, made, "the file's own event changes nothing");
}

#[tokio::test]
async fn speech_is_made_and_a_caller_may_wait_for_it() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let body = json!({ "tool": "tts", "provider": "demo", "model": "demo-speech", "prompt": "Good morning" });
    let request = acme.request(http::Method::POST, "/api/v1/generations").json(&body);
    let answer = acme.send(request.header("prefer", "wait=20")).await;
    let location = answer.header("location").to_owned();
    let made = answer.expect(201)["data"].clone();
    assert_eq!(location, format!("/api/v1/generations/{}", made["id"].as_str().unwrap()));
    let asset = &made["assets"][0];
    assert_eq!((&asset["type"], &asset["content_type"]), (&json!("audio"), &json!("audio/wav")));
    assert!(asset["duration_ms"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn several_outputs_are_several_assets() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut body = picture("four views");
    body["count"] = 3.into();
    let made = ask(&acme, body).await;
    let made = settle(&world, &acme, &made).await;
    assert_eq!(made["assets"].as_array().unwrap().len(), 3);
    world.deliver().await;
    assert_eq!(acme.list("execution_id=run-7").await.len(), 3);
}
