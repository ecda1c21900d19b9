//! Review: the states of an asset and the steps between them, edits, and the history that both leave.

mod bulk;
mod contention;
mod crashes;
mod deletes;
mod edits;
mod history;
mod machine;
mod refusals;
mod seen;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use tests::{Client, Response, World, fixture, id};

const ASSETS: &str = "/api/v1/assets";
const STATES: [&str; 4] = ["draft", "pending_review", "approved", "archived"];

fn path(asset: &Value) -> String {
    format!("{ASSETS}/{}", asset["id"].as_str().unwrap())
}

async fn start() -> (World, Client) {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    (world, acme)
}

/// Takes the asset a step further, without a word.
async fn step(caller: &Client, asset: &Value, step: &str) -> Response {
    let request = caller.request(Method::POST, &format!("{}/{step}", path(asset)));
    caller.send(request).await
}

async fn patch(caller: &Client, asset: &Value, body: Value) -> Response {
    caller.send(caller.request(Method::PATCH, &path(asset)).json(&body)).await
}

/// A text that these steps have been taken with; the asset.
async fn text(caller: &Client, steps: &[&str]) -> Value {
    let mut asset = caller.write("text", json!({})).await;
    for name in steps {
        asset = step(caller, &asset, name).await.expect(200)["data"].clone();
    }
    asset
}

/// The asset as it is, and its `ETag`.
async fn read(caller: &Client, asset: &Value) -> (Value, String) {
    let answer = caller.get(&path(asset)).await;
    let etag = answer.header("etag").to_owned();
    (answer.expect(200)["data"].clone(), etag)
}

/// All of the asset's history, newest first.
async fn events(caller: &Client, asset: &Value) -> Vec<Value> {
    let page = caller.get(&format!("{}/history?limit=200", path(asset))).await.expect(200);
    assert_eq!(page["next_cursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn steps_lead_from_state_to_state() {
    let (_world, acme) = start().await;
    for (steps, status, approved) in [
        (&[][..], "draft", None),
        (&["submit"], "pending_review", None),
        (&["submit", "approve"], "approved", Some(1)),
        (&["submit", "request-changes"], "draft", None),
        (&["submit", "approve", "request-changes"], "draft", None),
        (&["archive"], "archived", None),
        (&["submit", "archive"], "archived", None),
        (&["submit", "approve", "archive"], "archived", None),
        (&["archive", "restore"], "draft", None),
        (&["submit", "approve", "archive", "restore"], "draft", None),
        (&["submit", "request-changes", "submit", "approve"], "approved", Some(1)),
    ] {
        let asset = text(&acme, steps).await;
        assert_eq!(asset["status"], status, "{steps:?}");
        assert_eq!(asset["approved_version"].as_u64(), approved, "{steps:?}");
    }
}

#[tokio::test]
async fn an_asset_is_in_the_list_of_its_state_alone() {
    let (_world, acme) = start().await;
    let mut asset = text(&acme, &[]).await;
    for name in ["submit", "approve", "request-changes", "archive", "restore"] {
        asset = step(&acme, &asset, name).await.expect(200)["data"].clone();
        for status in STATES {
            let listed = acme.list(&format!("status={status}")).await;
            assert_eq!(!listed.is_empty(), asset["status"] == status, "{name}: {status}");
        }
    }
}

#[tokio::test]
async fn a_step_answers_with_the_asset_as_it_is_read_next() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &["submit"]).await;
    let answer = step(&acme, &asset, "approve").await;
    let etag = answer.header("etag").to_owned();
    assert_eq!((answer.expect(200)["data"].clone(), etag), read(&acme, &asset).await);
}

#[tokio::test]
async fn nothing_need_be_said() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let (archive, restore) = (path(&asset) + "/archive", path(&asset) + "/restore");
    let silent = |path: &str| acme.request(Method::POST, path).header("Content-Type", "text/plain");
    assert_eq!(acme.send(silent(&archive)).await.status, 200);
    assert_eq!(acme.post(&restore, json!({})).await.status, 200);
    assert_eq!(acme.post(&archive, json!({ "comment": null })).await.status, 200);
    assert_eq!(acme.post(&restore, Value::Null).await.status, 200);
    assert_eq!(acme.send(silent(&archive).body("")).await.status, 200);
    assert!(events(&acme, &asset).await.iter().all(|event| event.get("comment").is_none()));
}

#[tokio::test]
async fn of_many_approvals_at_once_one_is_the_one() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &["submit"]).await;
    let answers = join_all((0..10).map(|_| step(&acme, &asset, "approve"))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![409; 9]].concat());
    assert_eq!(events(&acme, &asset).await.len(), 3);
}

#[tokio::test]
async fn consumers_find_what_is_approved_while_it_is() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &["submit"]).await;
    let link = format!("{}/signed-url?version=approved", path(&asset));
    for (name, approved) in
        [("approve", true), ("request-changes", false), ("submit", false), ("approve", true)]
    {
        step(&acme, &asset, name).await.expect(200);
        let listed = acme.list("approved=true").await;
        assert_eq!(listed, approved.then(|| id(&asset["id"])).into_iter().collect::<Vec<_>>());
        assert_eq!(acme.get(&link).await.status, if approved { 200 } else { 404 }, "{name}");
    }
    step(&acme, &asset, "archive").await.expect(200);
    assert!(acme.list("approved=true").await.is_empty());
    assert_eq!(acme.get(&link).await.code(), "version_not_found");
}

#[tokio::test]
async fn an_uploaded_file_is_approved_and_downloaded() {
    let (_world, acme) = start().await;
    let asset = acme.upload("hero.png", fixture("sample.png")).await;
    step(&acme, &asset, "submit").await.expect(200);
    step(&acme, &asset, "approve").await.expect(200);
    let link = format!("{}/signed-url?version=approved", path(&asset));
    let url = acme.get(&link).await.expect(200)["data"]["url"].as_str().unwrap().to_owned();
    let bytes = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    assert!(bytes == fixture("sample.png"));
}

#[tokio::test]
async fn writers_submit_and_reviewers_decide() {
    let (world, acme) = start().await;
    let writer = world.caller("acme", "assets:write").await;
    let reviewer = world.caller("acme", "assets:review").await;
    let asset = text(&acme, &[]).await;
    step(&reviewer, &asset, "submit").await.expect(403);
    step(&writer, &asset, "submit").await.expect(200);
    step(&writer, &asset, "approve").await.expect(403);
    step(&reviewer, &asset, "approve").await.expect(200);
}

#[tokio::test]
async fn a_step_that_meets_other_transactions_is_taken_again() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = text(&acme, &["submit"]).await;
    world.wire.conflict([true; 3]);
    step(&acme, &asset, "approve").await.expect(200);
    assert_eq!(events(&acme, &asset).await.len(), 3);
    world.wire.conflict([true; 100]);
    let answer = step(&acme, &asset, "archive").await;
    assert_eq!((answer.status, answer.code()), (409, "contended"));
    world.wire.conflict([]);
    assert_eq!(read(&acme, &asset).await.0["status"], "approved");
}
