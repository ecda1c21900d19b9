//! What somebody else has made: jobs that are adopted, and files that are imported.

use std::time::Duration;

use axum::extract::{Path, Query};
use axum::routing::{get, post};
use axum::{Json, Router};
use credentials::{Credential, Credentials};
use http::StatusCode;
use model::budget::{Budget, Period};
use providers::Provider;
use serde_json::{Value, json};
use tests::{Client, World, fixture};
use tokio::net::TcpListener;

use super::crashes::jobs_schedule;
use super::{picture, read, settle};

const CENT: u64 = 10_000;

/// Rows of the catalogue by which a picture costs a cent.
const A_CENT: &str = r#"
[replicate.image_gen."black-forest-labs/flux-schnell"]
takes.count = {}
prices = [{ unit = "image", micro_usd = 10000, on = "2026-11-28", source = "a test" }]
"#;

/// A server on this machine.
async fn serve(listener: TcpListener, router: Router) {
    axum::serve(listener, router).await.unwrap();
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A host of files that gives them to those alone who have a signature.
async fn files() -> String {
    let (listener, url) = listen().await;
    let file = async |Path(name): Path<String>, Query(query): Query<Vec<(String, String)>>| {
        if query == [("signature".to_owned(), "secret".to_owned())] {
            Ok(fixture(&name))
        } else {
            Err(StatusCode::NOT_FOUND)
        }
    };
    tokio::spawn(serve(listener, Router::new().route("/files/{name}", get(file))));
    url
}

/// A provider that has made a picture of whatever it is asked for.
async fn replicate() -> String {
    let (listener, url) = listen().await;
    let of = |id: &str, base: &str| {
        let output = format!("{base}/{id}.png");
        json!({ "id": id, "status": "succeeded", "output": [output], "metrics": { "predict_time": 1.0 } })
    };
    let base = url.clone();
    let job = get(async move |Path(id): Path<String>| Json(of(&id, &base)));
    let made = async || (StatusCode::CREATED, Json(json!({ "id": "own", "status": "starting" })));
    let router = Router::new()
        .route("/v1/predictions/{id}", job)
        .route("/v1/models/black-forest-labs/flux-schnell/predictions", post(made))
        .fallback(async || fixture("sample.png"));
    tokio::spawn(serve(listener, router));
    url
}

/// A world with that provider, and a workspace with a key for it.
async fn with_replicate() -> (World, Client) {
    let url = replicate().await;
    let variables = [("PROVIDER_REPLICATE_URL", url.as_str()), ("PROVIDER_CATALOGUE", A_CENT)];
    let world = World::quiet_with(&variables).await;
    let acme = world.workspace("acme").await;
    let keys = Credentials::in_file(world.engines.provider_credentials.clone());
    let credential = Credential { key: "r8_key".into(), webhook_secret: None };
    keys.set(&acme.workspace, Provider::Replicate, credential).await.unwrap();
    (world, acme)
}

fn adoption(job: &str) -> Value {
    json!({
        "tool": "image_gen", "provider": "replicate", "model": "black-forest-labs/flux-schnell", "job": job,
        "prompt": "a lighthouse", "execution_id": "run-7", "agent_id": "painter",
    })
}

async fn adopt(acme: &Client, job: &str) -> Value {
    acme.post("/api/v1/generations/adopt", adoption(job)).await.expect(202)["data"].clone()
}

async fn import(acme: &Client, url: &str) -> Value {
    let body = json!({ "url": url, "type": "image", "execution_id": "run-7" });
    acme.post("/api/v1/assets/import", body).await.expect(202)["data"].clone()
}

#[tokio::test]
async fn a_job_of_somebody_else_is_taken_over_once_and_needs_no_budget() {
    let (world, acme) = with_replicate().await;
    let adopted = adopt(&acme, "theirs").await;
    assert_eq!((&adopted["status"], &adopted["job"]), (&json!("running"), &json!("theirs")));
    assert_eq!(adopt(&acme, "theirs").await["id"], adopted["id"]);
    let made = settle(&world, &acme, &adopted).await;
    assert_eq!(
        (&made["status"], &made["cost_micro_usd"]),
        (&json!("succeeded"), &json!(CENT)),
        "{made}"
    );
    let books = world.store().books(&acme.workspace, world.now()).await.unwrap()[&Period::Day];
    assert_eq!((books.taken, books.spent), (CENT, CENT));
    let asset = made["assets"][0]["id"].as_str().unwrap();
    assert_eq!(made["assets"][0]["agent_id"], "painter");
    assert_eq!(acme.download(asset).await.bytes, fixture("sample.png"));
    assert_eq!(adopt(&acme, "theirs").await["id"], made["id"], "also once it is made");
    assert_eq!(acme.list("execution_id=run-7").await.len(), 1);
    world.deliver().await;
}

#[tokio::test]
async fn a_job_of_the_store_s_own_is_not_adopted_but_found() {
    let (world, acme) = with_replicate().await;
    let budget = Budget { day: Some(CENT), month: None };
    world.store().set_budget(&acme.workspace, &budget).await.unwrap();
    let mut body = adoption("own");
    body.as_object_mut().unwrap().remove("job");
    let own = acme.post("/api/v1/generations", body).await.expect(202)["data"].clone();
    let made = settle(&world, &acme, &own).await;
    assert_eq!(made["status"], "succeeded", "{made}");
    assert_eq!(adopt(&acme, "own").await["id"], own["id"]);
    world.deliver().await;
}

#[tokio::test]
async fn what_cannot_be_adopted_says_why() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let send = async |name: &str, value: Value| {
        let mut body = adoption("theirs");
        body[name] = value;
        acme.post("/api/v1/generations/adopt", body).await
    };
    let demo = send("provider", json!("demo")).await.expect(400);
    assert_eq!(demo["error"]["details"]["field"], "provider");
    assert!(demo["detail"].as_str().unwrap().contains("replicate"), "{demo}");
    assert_eq!(send("agent_id", json!("painter")).await.code(), "no_credentials");
    assert_eq!(send("count", json!(11)).await.expect(400)["error"]["details"]["field"], "count");
}

#[tokio::test]
async fn a_file_at_a_url_becomes_an_asset_and_its_signature_is_shown_to_nobody() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let url = format!("{}/files/sample.png", files().await);
    let waiting = import(&acme, &format!("{url}?signature=secret")).await;
    assert_eq!(waiting["upload_status"], "pending");
    let generation = json!({ "id": waiting["generation"]["id"] });
    let at_risk = acme.get("/api/v1/generations?at_risk=true").await.expect(200);
    assert_eq!(at_risk["items"][0]["id"], generation["id"]);
    let made = settle(&world, &acme, &generation).await;
    assert_eq!(
        (&made["status"], &made["cost_micro_usd"], &made["inputs"][0]["url"]),
        (&json!("succeeded"), &json!(0), &json!(url))
    );
    let path = format!("/api/v1/assets/{}", waiting["id"].as_str().unwrap());
    let asset = acme.get(&path).await.expect(200)["data"].clone();
    for (field, value) in [
        ("upload_status", json!("complete")),
        ("content_type", json!("image/png")),
        ("file_name", json!("sample.png")),
        ("type", json!("image")),
        ("tool", json!("import")),
        ("execution_id", json!("run-7")),
    ] {
        assert_eq!(asset[field], value, "{field}");
    }
    assert_eq!((asset.get("provider"), &asset["generation"]["output_url"]), (None, &json!(url)));
    assert_eq!(acme.download(asset["id"].as_str().unwrap()).await.bytes, fixture("sample.png"));
    assert!(!format!("{waiting}{made}{asset}{at_risk}").contains("secret"));
    let at_risk = acme.get("/api/v1/generations?at_risk=true").await.expect(200);
    assert_eq!(at_risk["items"], json!([]));
    world.deliver().await;
    assert_eq!(acme.get(&path).await.expect(200)["data"], asset);
}

#[tokio::test]
async fn a_file_that_cannot_be_had_is_lost_after_a_day() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let waiting = import(&acme, &format!("{}/files/sample.png", files().await)).await;
    let generation = json!({ "id": waiting["generation"]["id"] });
    let jobs = jobs::Deps::new(&world.environment_of("jobs")).unwrap();
    for _ in 0..30 {
        world.pass(Duration::from_hours(1));
        jobs_schedule(&jobs).await;
        world.deliver_messages("jobs").await;
    }
    let lost = read(&acme, &generation).await;
    assert_eq!(
        (&lost["status"], &lost["error"]["code"]),
        (&json!("lost"), &json!("gone")),
        "{lost}"
    );
    assert_eq!(lost["asset_ids"], json!([]));
    let path = format!("/api/v1/assets/{}", waiting["id"].as_str().unwrap());
    assert_eq!(acme.get(&path).await.code(), "not_found");
}

#[tokio::test]
async fn an_import_is_asked_for_once_and_from_the_web_alone() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for url in ["file:///etc/hostname", "https://", "https://me:word@media.example/a.png", "a.png"]
    {
        let answer =
            acme.post("/api/v1/assets/import", json!({ "url": url, "type": "image" })).await;
        assert_eq!(answer.expect(400)["error"]["details"]["field"], "url", "{url}");
    }
    let once = async || {
        let body =
            json!({ "url": "https://media.example/a.png?signature=secret", "type": "image" });
        let request = acme.request(http::Method::POST, "/api/v1/assets/import");
        let answer = acme.send(request.header("idempotency-key", "once").json(&body)).await;
        answer.expect(202)["data"]["id"].clone()
    };
    assert_eq!(once().await, once().await);
    drop(world.take_messages("jobs"));
}

#[tokio::test]
async fn what_was_made_by_a_recipe_is_found_without_a_key_and_for_nothing() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let look_up = async |body: Value| {
        acme.post("/api/v1/recipes/lookup", body).await.expect(200)["data"].clone()
    };
    assert_eq!(look_up(picture("a lighthouse")).await["generations"], json!([]));
    let mut made = Vec::new();
    for _ in 0..2 {
        let asked = super::ask(&acme, picture("a lighthouse")).await;
        made.insert(0, settle(&world, &acme, &asked).await);
    }
    let found = look_up(picture("a lighthouse")).await;
    assert_eq!(found, json!({ "recipe": made[0]["recipe"], "generations": made }));
    assert_eq!(look_up(picture("a windmill")).await["generations"], json!([]));
    let mut unknown = adoption("");
    unknown.as_object_mut().unwrap().remove("job");
    assert_eq!(look_up(unknown).await["generations"], json!([]), "also of others' models");
    let stranger = world.workspace("stranger").await;
    let foreign = stranger.post("/api/v1/recipes/lookup", picture("a lighthouse")).await;
    assert_eq!(foreign.expect(200)["data"]["generations"], json!([]));
    world.deliver().await;
}
