//! Requests: what is refused, what is asked for once, and what lists show.

use model::store::ToolDefaults;
use serde_json::{Value, json};
use tests::World;

use super::{ask, picture, read, settle};

#[tokio::test]
async fn what_a_model_cannot_take_is_refused_before_anything_is_made() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let with = |name: &str, value: Value| {
        let mut body = picture("a lighthouse");
        body[name] = value;
        body
    };
    for (body, field) in [
        (with("tool", json!("image_edit")), "provider"),
        (with("model", json!("another")), "model"),
        (with("voice", json!("ann")), "voice"),
        (with("count", json!(11)), "count"),
        (with("prompt", json!("")), "prompt"),
        (with("provider", Value::Null), "provider"),
        (with("inputs", json!([{ "url": "http://a.example/x.png" }])), "inputs[0].url"),
        (
            with("inputs", json!([{ "asset_id": "3MiZGAnqP3GUjGbAd2Fb5GnJ7Cu" }])),
            "inputs[0].asset_id",
        ),
        (with("inputs", json!([{}])), "inputs[0].asset_id"),
        (with("parameters", json!({ "x": "y".repeat(20_000) })), "parameters"),
    ] {
        let answer = acme.post("/api/v1/generations", body).await;
        let problem = answer.expect(400);
        assert_eq!(problem["error"]["details"]["field"], field, "{problem}");
    }
    let list = acme.get("/api/v1/generations").await.expect(200);
    assert_eq!(list, json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn a_provider_without_a_key_is_a_conflict() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let body = json!({ "tool": "image_gen", "provider": "fal", "model": "fal-ai/flux/dev", "prompt": "x" });
    let answer = acme.post("/api/v1/generations", body).await;
    assert_eq!((answer.status, answer.code()), (409, "no_credentials"));
}

#[tokio::test]
async fn the_same_request_is_the_same_generation() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let send = async |prompt: &str| {
        let request = acme.request(http::Method::POST, "/api/v1/generations");
        acme.send(request.header("idempotency-key", "once").json(&picture(prompt))).await
    };
    let first = send("a lighthouse").await.expect(202)["data"].clone();
    let made = settle(&world, &acme, &first).await;
    let again = send("a lighthouse").await.expect(202)["data"].clone();
    assert_eq!(again, made);
    assert_eq!(send("a windmill").await.code(), "idempotency_conflict");
}

#[tokio::test]
async fn an_approved_result_of_the_same_recipe_is_not_made_again() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let reuse =
        async || acme.post("/api/v1/generations?reuse=approved", picture("a lighthouse")).await;
    let first = ask(&acme, picture("a lighthouse")).await;
    let made = settle(&world, &acme, &first).await;
    let second = reuse().await.expect(202)["data"].clone();
    assert_ne!(second["id"], made["id"], "a draft is not enough");
    assert_eq!(second["recipe"], made["recipe"]);
    let asset = made["asset_ids"][0].as_str().unwrap();
    for step in ["submit", "approve"] {
        acme.post(&format!("/api/v1/assets/{asset}/{step}"), json!({})).await.expect(200);
    }
    assert_eq!(reuse().await.expect(200)["data"]["id"], made["id"]);
    let other = acme.post("/api/v1/generations?reuse=approved", picture("a windmill")).await;
    assert_eq!(other.status, 202);
    world.deliver_messages("jobs").await;
    world.deliver().await;
}

#[tokio::test]
async fn lists_show_what_was_asked_for_newest_first() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut ids = Vec::new();
    for (n, agent) in ["painter", "writer", "painter"].into_iter().enumerate() {
        let mut body = picture(&format!("view {n}"));
        body["agent_id"] = agent.into();
        ids.insert(0, ask(&acme, body).await["id"].as_str().unwrap().to_owned());
    }
    let list = async |query: &str| {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/generations?{query}{cursor}");
            let page = acme.get(&path).await.expect(200);
            let items = page["items"].as_array().unwrap().iter();
            found.extend(items.map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    assert_eq!(list("limit=2").await, ids);
    assert_eq!(list("limit=1&agent_id=painter").await, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(list("execution_id=run-7&provider=demo&status=queued").await, ids);
    assert_eq!(list("status=succeeded").await, Vec::<String>::new());
    assert_eq!(acme.get("/api/v1/generations?agent=x").await.code(), "invalid_parameter");
    let stranger = world.workspace("stranger").await;
    let path = format!("/api/v1/generations/{}", ids[0]);
    assert_eq!(stranger.get(&path).await.code(), "not_found");
    assert_eq!(stranger.post(&format!("{path}/cancel"), json!({})).await.code(), "not_found");
    let empty = stranger.get("/api/v1/generations").await.expect(200);
    assert_eq!(empty["items"], json!([]));
    drop(world.take_messages("jobs"));
}

#[tokio::test]
async fn what_was_not_sent_yet_is_cancelled_at_once() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asked = ask(&acme, picture("a lighthouse")).await;
    let cancel = format!("/api/v1/generations/{}/cancel", asked["id"].as_str().unwrap());
    let canceled = acme.post(&cancel, json!({})).await.expect(200)["data"].clone();
    assert_eq!((&canceled["status"], &canceled["asset_ids"]), (&json!("canceled"), &json!([])));
    let asset = format!("/api/v1/assets/{}", asked["asset_ids"][0].as_str().unwrap());
    assert_eq!(acme.get(&asset).await.code(), "not_found");
    world.deliver_messages("jobs").await;
    assert_eq!(read(&acme, &asked).await["status"], "canceled");
    acme.post(&cancel, json!({})).await.expect(200);
    let made = ask(&acme, picture("another")).await;
    let made = settle(&world, &acme, &made).await;
    let late = format!("/api/v1/generations/{}/cancel", made["id"].as_str().unwrap());
    assert_eq!(acme.post(&late, json!({})).await.code(), "has_ended");
    world.deliver().await;
}

#[tokio::test]
async fn an_operator_s_defaults_fill_what_a_request_does_not_say() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let defaults: ToolDefaults = serde_json::from_value(json!({
        "provider": "demo", "model": "demo-image", "parameters": { "size": "32x32", "mood": "calm" },
    }))
    .unwrap();
    let tool = "image_gen".parse().unwrap();
    world.store().set_tool_defaults(&acme.workspace, &tool, &defaults).await.unwrap();
    let asked = ask(&acme, json!({ "tool": "image_gen", "prompt": "a lighthouse" })).await;
    assert_eq!((&asked["model"], &asked["size"]), (&json!("demo-image"), &json!("32x32")));
    assert_eq!(asked["parameters"], json!({ "mood": "calm" }));
    let larger = json!({ "tool": "image_gen", "prompt": "a lighthouse", "size": "64x64" });
    assert_eq!(ask(&acme, larger).await["size"], "64x64");
    drop(world.take_messages("jobs"));
}

#[tokio::test]
async fn providers_say_what_they_take_and_who_has_a_key() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let models = acme.get("/api/v1/providers").await.expect(200)["data"].clone();
    let models = models.as_array().unwrap();
    let of = |name: &str| models.iter().find(|model| model["provider"] == name).unwrap();
    assert_eq!(
        (&of("demo")["has_credentials"], &of("fal")["has_credentials"]),
        (&json!(true), &json!(false))
    );
    let priced = models.iter().find(|model| model["model"] == "gpt-image-1-mini").unwrap();
    assert_eq!(priced["prices"][0]["unit"], "input_token");
    assert_eq!(priced["parameters"]["count"]["most"], 10);
}
