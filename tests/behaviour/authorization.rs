//! Who may do what: every route, with every key that must not open it.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use model::{ApiKey, AssetId, KeyRecord, Timestamp};
use serde_json::{Value, json};
use tests::{Client, Response, World, eventually};

/// A route, the scope that it takes, and the body of a request that it grants.
struct Row {
    route: &'static str,
    scope: Option<&'static str>,
    body: Option<Value>,
}

/// Where a row has it for a scope, any key will do: what the caller asks for there takes scopes of its
/// own.
const ANY: &str = "any";

const SCOPES: [&str; 5] =
    ["assets:read", "assets:write", "assets:review", "assets:delete", "media:generate"];

/// One row for each route; `{id}` stands for the asset in paths and bodies.
fn rows() -> Vec<Row> {
    let row = |route, scope, body| Row { route, scope, body };
    let [read, write, review, delete, generate] = SCOPES.map(Some);
    let ids = || Some(json!({ "ids": ["{id}"] }));
    vec![
        row("GET /api/v1/openapi.json", None, None),
        row("GET /api/v1/assets", read, None),
        row("GET /api/assets", read, None),
        row("POST /api/v1/assets", write, Some(json!({ "content": "text" }))),
        row("GET /api/v1/assets/{id}", read, None),
        row("GET /api/v1/usage", read, None),
        row("POST /api/v1/exports", read, ids()),
        row("GET /api/v1/exports", read, None),
        row("GET /api/v1/exports/{id}", read, None),
        row("POST /api/v1/generations", generate, Some(picture())),
        row("GET /api/v1/generations", read, None),
        row("GET /api/v1/generations/{id}", read, None),
        row("POST /api/v1/generations/{id}/cancel", generate, None),
        row("POST /api/v1/generations/adopt", generate, Some(foreign_job())),
        row("POST /api/v1/assets/import", write, Some(file_elsewhere())),
        row("GET /api/v1/providers", read, None),
        // What is in its path is the right to it.
        row("POST /api/v1/callbacks/{provider}/{token}", None, Some(json!({}))),
        row("GET /api/v1/executions/{id}/spans", read, None),
        row("POST /mcp", Some(ANY), Some(list_tools())),
        row(
            "POST /api/v1/recipes/lookup",
            read,
            Some(
                json!({ "tool": "tts", "provider": "demo", "model": "demo-speech", "prompt": "x" }),
            ),
        ),
        row("DELETE /api/v1/assets/{id}", delete, None),
        row("GET /api/v1/assets/{id}/signed-url", read, None),
        row("POST /api/v1/assets/signed-urls", read, ids()),
        row("POST /api/v1/assets/delete", delete, ids()),
        row("GET /api/v1/assets/{id}/history", read, None),
        row("GET /api/v1/assets/{id}/versions", read, None),
        row("POST /api/v1/assets/{id}/versions", write, Some(json!({ "content": "text" }))),
        row("POST /api/v1/assets/{id}/rollback", review, Some(json!({ "version": 1 }))),
        row("PATCH /api/v1/assets/{id}", write, Some(json!({ "title": "New" }))),
        row("POST /api/v1/assets/{id}/submit", write, None),
        row("POST /api/v1/assets/{id}/approve", review, None),
        row("POST /api/v1/assets/{id}/request-changes", review, None),
        row("POST /api/v1/assets/{id}/archive", review, None),
        row("POST /api/v1/assets/{id}/restore", review, None),
        row(
            "POST /api/v1/assets/review",
            review,
            Some(json!({ "ids": ["{id}"], "action": "archive" })),
        ),
    ]
}

/// A request that any key may make.
fn list_tools() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })
}

/// The rows of routes that take a key.
fn guarded() -> impl Iterator<Item = Row> {
    rows().into_iter().filter(|row| row.scope.is_some())
}

/// The rows of routes whose path names an asset, or an export. Executions are named by callers: of one that nobody has
/// heard of there is nothing.
fn of_one_thing() -> impl Iterator<Item = Row> {
    guarded().filter(|row| row.route.contains("{id}") && !row.route.contains("/executions/"))
}

impl Row {
    /// The row's request about the asset `id`.
    fn request(&self, caller: &Client, id: &str) -> reqwest::RequestBuilder {
        let (method, path) = self.route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let request = caller.request(method, &path.replace("{id}", id));
        let Some(body) = &self.body else { return request };
        let body = body.to_string().replace("{id}", id);
        request.header("Content-Type", "application/json").body(body)
    }

    async fn send(&self, caller: &Client, id: &str) -> Response {
        caller.send(self.request(caller, id)).await
    }

    /// The id of a new asset of the caller's workspace, in a state that the row's request suits, or of a
    /// new export or generation.
    async fn asset(&self, caller: &Client) -> String {
        if self.route.contains("/generations/{id}") {
            return new_generation(caller).await;
        }
        let id = new_asset(caller).await;
        if self.route.ends_with("/exports/{id}") {
            let asked = caller.post("/api/v1/exports", json!({ "ids": [id] })).await.expect(202);
            return asked["data"]["id"].as_str().unwrap().to_owned();
        }
        let step = match self.route.rsplit('/').next() {
            Some("approve" | "request-changes") => "submit",
            Some("restore") => "archive",
            _ => return id,
        };
        caller.post(&format!("/api/v1/assets/{id}/{step}"), json!({})).await.expect(200);
        id
    }
}

/// The id of a new asset of the caller's workspace.
async fn new_asset(caller: &Client) -> String {
    caller.write("text", json!({})).await["id"].as_str().unwrap().to_owned()
}

/// The id of a new generation of the caller's workspace that somebody wished cancelled, which can be wished again
/// whatever becomes of it.
async fn new_generation(caller: &Client) -> String {
    eventually(async || {
        let asked = caller.post("/api/v1/generations", picture()).await.expect(202);
        let id = asked["data"]["id"].as_str().unwrap();
        let wish = caller.post(&format!("/api/v1/generations/{id}/cancel"), json!({})).await;
        // It may have been made before that.
        (wish.status == 200).then(|| id.to_owned())
    })
    .await
}

/// A call that every laptop can do.
fn picture() -> Value {
    let (tool, provider, model) = ("image_gen", "demo", "demo-image");
    json!({ "tool": tool, "provider": provider, "model": model, "prompt": "a lighthouse" })
}

/// A job at a provider.
fn foreign_job() -> Value {
    json!({ "tool": "image_gen", "provider": "replicate", "model": "acme/flux", "job": "a1" })
}

/// True if the key was taken: a job of a provider that no workspace here has a key for is another matter.
fn is_let_in(answer: &Response) -> bool {
    (200..300).contains(&answer.status) || answer.code() == "no_credentials"
}

/// A file where nobody listens.
fn file_elsewhere() -> Value {
    json!({ "url": "http://127.0.0.1:1/a.png", "type": "image" })
}

/// An id that no asset has.
fn unused_id() -> String {
    AssetId::generate(Timestamp::from_millis(1_767_225_600_000)).to_string()
}

/// A key whose public part repeats one letter, and whose secret another.
fn key_of(prefix: u8, secret: u8) -> ApiKey {
    let mut random = [secret; 40];
    random[..8].fill(prefix);
    ApiKey::generate(random)
}

/// Stores the record of `key`, for the workspace `acme` and every scope, with this expiry.
async fn store_key(world: &World, key: &ApiKey, expires_at: Option<Timestamp>) {
    let record = KeyRecord {
        prefix: key.prefix(),
        digest: key.digest(),
        workspace_id: "acme".parse().unwrap(),
        name: "test".parse().unwrap(),
        scopes: "*".parse().unwrap(),
        created_at: world.now(),
        expires_at,
        revoked_at: None,
        rate: None,
    };
    world.store().create_key(&record.workspace_id, &record).await.unwrap();
}

/// Keys that must not work, each for another reason.
async fn bad_keys(world: &World) -> Vec<(&'static str, String)> {
    let (known, revoked, expired) = (key_of(1, 1), key_of(2, 2), key_of(3, 3));
    store_key(world, &known, None).await;
    store_key(world, &revoked, None).await;
    world.store().revoke_key(&revoked.prefix(), world.now()).await.unwrap();
    store_key(world, &expired, Some(world.now().plus(-1))).await;
    let text = |key: &ApiKey| key.reveal().to_owned();
    vec![
        ("none", String::new()),
        ("garbage", "hunter2".to_owned()),
        ("another checksum", format!("{}000000", &text(&known)[..45])),
        ("unknown", text(&key_of(9, 9))),
        ("another secret", text(&key_of(1, 2))),
        ("revoked", text(&revoked)),
        ("expired", text(&expired)),
    ]
}

/// All of an answer that must not tell one reason from another.
fn looks(answer: &Response) -> String {
    let varies = ["x-request-id", "date", "content-length"];
    let headers = answer.headers.iter().filter(|(name, _)| !varies.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|header| format!("{header:?}")).collect();
    headers.sort();
    let body = answer.bytes.escape_ascii();
    format!("{} {headers:?} {body}", answer.status)
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let routes = local::functions::routes();
    // HEAD is GET, without its body.
    let method = |method| if method == "HEAD" { "GET" } else { method };
    let routes = routes.iter().map(|route| format!("{} {}", method(route.method), route.path));
    let routes: BTreeSet<_> = routes.collect();
    let rows: BTreeSet<_> = rows().iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(routes, rows);
}

#[tokio::test]
async fn every_route_refuses_every_bad_key_in_the_same_words() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme).await;
    let mut seen = BTreeSet::new();
    for (reason, key) in bad_keys(&world).await {
        for row in guarded() {
            let answer = row.send(&acme.with_key(&key), &id).await;
            let got = (answer.status, answer.code(), answer.header("www-authenticate"));
            assert_eq!(got, (401, "unauthorized", "Bearer"), "{} with {reason}", row.route);
            seen.insert(looks(&answer));
        }
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(acme.list("").await, [id.parse().unwrap()]);
}

#[tokio::test]
async fn every_route_takes_a_key_with_its_scope_alone() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for row in guarded() {
        let any = row.scope == Some(ANY);
        for scope in SCOPES.into_iter().filter(|scope| any || row.scope == Some(scope)) {
            let id = row.asset(&acme).await;
            let answer = row.send(&world.caller("acme", scope).await, &id).await;
            assert!(is_let_in(&answer), "{} {}", row.route, answer.status);
        }
    }
}

#[tokio::test]
async fn every_route_names_the_scope_that_a_key_lacks() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme).await;
    for row in guarded().filter(|row| row.scope != Some(ANY)) {
        let needed = row.scope.unwrap();
        let others = SCOPES.into_iter().filter(|scope| *scope != needed).collect::<Vec<_>>();
        let caller = world.caller("acme", &others.join(",")).await;
        let answer = row.send(&caller, &id).await;
        assert_eq!((answer.status, answer.code()), (403, "forbidden_scope"), "{}", row.route);
        assert!(answer.json["detail"].as_str().unwrap().contains(needed), "{}", row.route);
        assert_eq!(answer.json["error"]["details"]["scope"], needed);
    }
    assert_eq!(acme.list("").await, [id.parse().unwrap()]);
}

#[tokio::test]
async fn foreign_missing_and_malformed_ids_answer_alike_byte_for_byte() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let no_ids = ["abc", "%00", "%FF", "a%2Fb", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "%F0%9F%92%A5"];
    for row in of_one_thing() {
        let missing = row.send(&other, &unused_id()).await;
        assert_eq!((missing.status, missing.code()), (404, "not_found"), "{}", row.route);
        let (missing, foreign) = (looks(&missing), row.asset(&acme).await);
        assert_eq!(looks(&row.send(&other, &foreign).await), missing, "{}", row.route);
        for no_id in no_ids {
            assert_eq!(looks(&row.send(&other, no_id).await), missing, "{} {no_id}", row.route);
        }
        let elsewhere = row.request(&acme, &foreign).header("X-Workspace-ID", "other");
        assert_eq!(looks(&acme.send(elsewhere).await), missing, "{}", row.route);
    }
    assert_eq!(acme.list("").await.len(), of_one_thing().count());
}

#[tokio::test]
async fn a_workspace_header_that_differs_finds_nothing() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme).await;
    for row in guarded() {
        for differs in ["other", "ACME", "acme2", "", "*"] {
            let request = row.request(&acme, &id).header("X-Workspace-ID", differs);
            let answer = acme.send(request).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{}", row.route);
        }
    }
    assert_eq!(acme.list("").await, [id.parse().unwrap()]);
    let same = acme.request(Method::GET, "/api/v1/assets").header("X-Workspace-ID", "acme");
    assert_eq!(acme.send(same).await.status, 200);
}

#[tokio::test]
async fn a_key_comes_in_either_header_or_the_same_in_both() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let (nobody, key) = (acme.with_key(""), acme.key.clone());
    let second = world.workspace("acme").await.key;
    for row in guarded() {
        let id = row.asset(&acme).await;
        let different = row.request(&acme, &id).header("X-API-Key", &second);
        let answer = acme.send(different).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_request"), "{}", row.route);
        let alone = row.request(&nobody, &id).header("X-API-Key", &key);
        assert!(is_let_in(&nobody.send(alone).await), "{}", row.route);
        let id = row.asset(&acme).await;
        let both = row.request(&acme, &id).header("X-API-Key", &key);
        assert!(is_let_in(&acme.send(both).await), "{}", row.route);
    }
}

#[tokio::test]
async fn only_bearer_is_a_scheme() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let nobody = acme.with_key("");
    for (value, status) in [
        (format!("bearer {}", acme.key), 200),
        (format!("Basic {}", acme.key), 401),
        (acme.key.clone(), 401),
        ("Bearer".to_owned(), 401),
    ] {
        let request = nobody.request(Method::GET, "/api/v1/assets");
        let answer = nobody.send(request.header("Authorization", value)).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn the_description_of_the_api_needs_no_key() {
    let world = World::start().await;
    let nobody = world.workspace("acme").await.with_key("");
    let document = nobody.get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let nobody = acme.with_key("");
    let mut answers = vec![nobody.get("/").await, acme.send(acme.request(Method::PUT, "/x")).await];
    for row in rows() {
        let id = new_asset(&acme).await;
        answers.push(row.send(&nobody, &id).await);
        answers.push(row.send(&acme, &id).await);
        answers.push(row.send(&acme, "none").await);
    }
    let ids: BTreeSet<_> = answers.iter().map(|answer| answer.header("x-request-id")).collect();
    assert!(ids.len() == answers.len() && !ids.contains(""), "{ids:?}");
}

#[tokio::test]
async fn a_revoked_key_works_a_minute_longer_at_most() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let key = world.workspace("acme").await.key;
    let ended = acme.with_key(&key);
    for row in guarded() {
        let answer = row.send(&ended, &row.asset(&acme).await).await;
        assert!(is_let_in(&answer), "{}", row.route);
    }
    let prefix = key.parse::<ApiKey>().unwrap().prefix();
    world.store().revoke_key(&prefix, world.now()).await.unwrap();
    world.pass(Duration::from_mins(1));
    for row in guarded() {
        assert_eq!(row.send(&ended, &unused_id()).await.status, 401, "{}", row.route);
    }
}

#[tokio::test]
async fn a_key_expires_on_the_dot() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let key = key_of(4, 4);
    store_key(&world, &key, Some(world.now().plus(3_600_000))).await;
    let expiring = acme.with_key(key.reveal());
    world.pass(Duration::from_mins(59));
    for row in guarded() {
        let answer = row.send(&expiring, &row.asset(&acme).await).await;
        assert!(is_let_in(&answer), "{}", row.route);
    }
    world.pass(Duration::from_mins(1));
    for row in guarded() {
        assert_eq!(row.send(&expiring, &unused_id()).await.status, 401, "{}", row.route);
    }
}

#[tokio::test]
async fn a_workspace_neither_sees_nor_touches_what_another_has() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let asset = acme.write("text", json!({ "agent_id": "writer" })).await;
    let id = asset["id"].as_str().unwrap();
    for query in ["", "agent_id=writer", "type=copy", "q=content", "order=asc"] {
        assert!(other.list(query).await.is_empty(), "{query}");
        let page = other.get(&format!("/api/v1/assets?page=1&{query}")).await.expect(200);
        assert_eq!((&page["data"], &page["meta"]["total"]), (&json!([]), &json!(0)), "{query}");
    }
    for path in ["/api/v1/assets/delete", "/api/v1/assets/signed-urls"] {
        let answer = other.post(path, json!({ "ids": [id, unused_id()] })).await.expect(200);
        let [foreign, missing] = [&answer["data"][0], &answer["data"][1]];
        assert_eq!(foreign["error"], missing["error"], "{path}");
        assert_eq!(foreign["error"]["code"], "not_found", "{path}");
        assert!(foreign.get("url").is_none() && foreign["deleted"] != true, "{path}");
    }
    assert_eq!(acme.get(&format!("/api/v1/assets/{id}")).await.expect(200)["data"], asset);
    assert_eq!(acme.download(id).await.bytes, b"text");
}

#[tokio::test]
async fn a_cursor_of_one_workspace_shows_another_nothing_of_it() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    for _ in 0..3 {
        new_asset(&acme).await;
    }
    let page = acme.get("/api/v1/assets?limit=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let stolen = other.get(&format!("/api/v1/assets?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(stolen, json!({ "items": [], "next_cursor": null }));
}
