//! What a scope may not do directly, it may not do by a detour: each row of the table in
//! `docs/permissions.md`, tried with a key that has that scope alone.

use std::time::Duration;

use model::Checksum;
use serde_json::{Value, json};
use tests::{Client, Response, World, fixture};

const DOCS: &str = include_str!("../../docs/permissions.md");

/// A way by which a key with one scope might do more than it may.
struct Detour {
    scope: &'static str,
    /// What it takes another scope to do.
    aim: &'static str,
    /// A method and a path: `{id}` stands for an approved asset, `{draft}` for one that is a draft.
    request: &'static str,
    body: Value,
    /// The scope that the answer says is lacking; or what the request is granted for, which is less.
    outcome: Result<&'static str, &'static str>,
}

const REMOVE: &str = "remove an asset";
const APPROVE: &str = "approve, or end an approval";
const CHANGE: &str = "change an asset";
const READ: &str = "read lists or files";

/// Every pair of a scope and an aim that it does not have, and the ways that come near.
#[expect(clippy::too_many_lines, reason = "a table, a row a way")]
fn detours() -> Vec<Detour> {
    let row = |scope, aim, request, body, outcome| Detour { scope, aim, request, body, outcome };
    let lacks = Ok;
    let granted = Err;
    let ids = || json!({ "ids": ["{id}"] });
    let action = |action: &str| json!({ "ids": ["{id}"], "action": action });
    let version = || json!({ "version": 1 });
    let [read, write, review, delete] = ["read", "write", "review", "delete"];
    vec![
        row(read, REMOVE, "DELETE /{id}?force=true", json!({}), lacks("assets:delete")),
        row(
            read,
            REMOVE,
            "PATCH /{draft}",
            json!({ "expires_at": "{soon}" }),
            lacks("assets:write"),
        ),
        row(read, APPROVE, "POST /review", action("archive"), lacks("assets:review")),
        row(read, CHANGE, "POST /{id}/versions", json!({ "content": "x" }), lacks("assets:write")),
        row(read, CHANGE, "MCP tag_asset", json!({ "add": { "a": ["b"] } }), lacks("assets:write")),
        row(read, CHANGE, "MCP add_version", json!({ "content": "x" }), lacks("assets:write")),
        row(write, REMOVE, "DELETE /{draft}", json!({}), lacks("assets:delete")),
        row(write, REMOVE, "POST /delete", json!({ "ids": ["{draft}"] }), lacks("assets:delete")),
        row(write, REMOVE, "MCP delete_asset", json!({ "force": true }), lacks("assets:delete")),
        row(
            write,
            REMOVE,
            "PATCH /{id}",
            json!({ "expires_at": "{soon}" }),
            lacks("assets:delete"),
        ),
        row(
            write,
            REMOVE,
            "PATCH /{draft}",
            json!({ "expires_at": "{soon}" }),
            lacks("assets:delete"),
        ),
        row(
            write,
            REMOVE,
            "PATCH /{id}",
            json!({ "expires_at": null }),
            granted("it is kept for longer"),
        ),
        row(
            write,
            APPROVE,
            "POST /{id}/versions",
            json!({ "content": "x" }),
            granted("the new version is a draft, and the approved one stays approved"),
        ),
        row(write, APPROVE, "POST /{id}/rollback", version(), lacks("assets:review")),
        row(write, APPROVE, "POST /{id}/request-changes", json!({}), lacks("assets:review")),
        row(write, APPROVE, "POST /review", action("archive"), lacks("assets:review")),
        row(write, APPROVE, "POST /review", action("submit"), lacks("assets:review")),
        row(write, APPROVE, "MCP approve_asset", json!({}), lacks("assets:review")),
        row(write, APPROVE, "MCP archive_asset", json!({}), lacks("assets:review")),
        row(write, READ, "GET /{id}/signed-url", json!({}), lacks("assets:read")),
        row(write, READ, "POST /exports", ids(), lacks("assets:read")),
        row(write, READ, "MCP get_asset_url", json!({}), lacks("assets:read")),
        row(write, READ, "MCP export_assets", json!({}), lacks("assets:read")),
        row(
            write,
            READ,
            "PATCH /{id}",
            json!({}),
            granted("it answers with the asset's record, and no link"),
        ),
        row(
            write,
            READ,
            "POST ",
            json!({ "execution_id": "{run}", "upload": {
                "file_name": "a.png", "content_type": "image/png", "checksum_sha256": "{sha256}",
            } }),
            granted(
                "the same bytes from the same run are the asset that there is: its record, and no link",
            ),
        ),
        row(review, REMOVE, "DELETE /{draft}", json!({}), lacks("assets:delete")),
        row(
            review,
            REMOVE,
            "PATCH /{id}",
            json!({ "expires_at": "{soon}" }),
            lacks("assets:write"),
        ),
        row(
            review,
            REMOVE,
            "POST /{draft}/archive",
            json!({}),
            granted(
                "it can be restored, unless the operator has set a retention for what is archived",
            ),
        ),
        row(review, CHANGE, "PATCH /{id}", json!({ "title": "x" }), lacks("assets:write")),
        row(review, CHANGE, "POST /{draft}/submit", json!({}), lacks("assets:write")),
        row(
            review,
            CHANGE,
            "POST /review",
            json!({ "ids": ["{draft}"], "action": "submit" }),
            lacks("assets:write"),
        ),
        row(review, CHANGE, "MCP submit_asset", json!({}), lacks("assets:write")),
        row(
            review,
            CHANGE,
            "POST /{id}/versions",
            json!({ "content": "x" }),
            lacks("assets:write"),
        ),
        row(review, READ, "GET /{id}/signed-url", json!({}), lacks("assets:read")),
        row(
            review,
            READ,
            "POST /{id}/rollback",
            version(),
            granted("it answers with the asset's record, and no link"),
        ),
        row(delete, APPROVE, "POST /{id}/archive", json!({}), lacks("assets:review")),
        row(
            delete,
            CHANGE,
            "PATCH /{draft}",
            json!({ "expires_at": "{soon}" }),
            lacks("assets:write"),
        ),
        row(
            delete,
            CHANGE,
            "MCP tag_asset",
            json!({ "add": { "a": ["b"] } }),
            lacks("assets:write"),
        ),
        row(delete, READ, "GET /{id}", json!({}), lacks("assets:read")),
        row(
            delete,
            READ,
            "POST /delete",
            ids(),
            granted("it answers that the asset is approved and stays, and nothing else of it"),
        ),
    ]
}

/// What a workspace has: an approved asset, and a draft.
struct Assets {
    run: String,
    approved: String,
    draft: String,
}

impl Assets {
    async fn new(world: &World, acme: &Client) -> Self {
        let run = "run-7".to_owned();
        let bytes = fixture("sample.png");
        let upload = json!({ "file_name": "a.png", "content_type": "image/png",
            "checksum_sha256": Checksum::of(&bytes).as_str() });
        let fields = json!({ "execution_id": run, "upload": upload });
        let created = acme.create(fields).await.expect(201);
        assert_eq!(acme.put(&created["upload"], bytes).await.status, 200);
        world.deliver().await;
        let approved = created["data"]["id"].as_str().unwrap().to_owned();
        for step in ["submit", "approve"] {
            acme.post(&format!("/api/v1/assets/{approved}/{step}"), json!({})).await.expect(200);
        }
        let draft = acme.write("draft", json!({})).await["id"].as_str().unwrap().to_owned();
        Self { run, approved, draft }
    }

    fn fill(&self, world: &World, text: &str) -> String {
        let soon = world.now().plus(3000).to_string();
        text.replace("{id}", &self.approved)
            .replace("{draft}", &self.draft)
            .replace("{run}", &self.run)
            .replace("{soon}", &soon)
            .replace("{sha256}", Checksum::of(&fixture("sample.png")).as_str())
    }

    /// That both are there, the one still approved, with the bytes that were approved.
    async fn assert_kept(&self, world: &World, acme: &Client, detour: &Detour) {
        let (what, approved) = (detour.line(), format!("/api/v1/assets/{}", self.approved));
        assert_eq!(acme.get(&approved).await.expect(200)["data"]["approved_version"], 1, "{what}");
        let versions = acme.get(&format!("{approved}/versions")).await.expect(200);
        let versions = versions["items"].as_array().unwrap();
        let kept = versions.iter().find(|version| version["approved"] == true).unwrap();
        let key = kept["storage_key"].as_str().unwrap();
        let bytes = world.objects().read(key, 1 << 20).await.unwrap();
        assert!(bytes == Some(fixture("sample.png")), "{what}");
        assert_eq!(acme.get(&format!("/api/v1/assets/{}", self.draft)).await.status, 200, "{what}");
    }
}

impl Detour {
    /// Its line in the documentation.
    fn line(&self) -> String {
        let outcome = match self.outcome {
            Ok(scope) => format!("403 `forbidden_scope`: `{scope}`"),
            Err(less) => format!("granted: {less}"),
        };
        let body = if self.body == json!({}) { String::new() } else { format!(" `{}`", self.body) };
        let request = match self.request.split_once(' ') {
            Some(("MCP", _)) | None => self.request.to_owned(),
            Some((method, "/exports")) => format!("{method} /api/v1/exports"),
            Some((method, path)) => format!("{method} /api/v1/assets{path}"),
        };
        format!("| `assets:{}` | {} | `{request}`{body} | {outcome} |", self.scope, self.aim)
    }

    async fn send(&self, world: &World, caller: &Client, assets: &Assets) -> Response {
        let body = assets.fill(world, &self.body.to_string());
        let (method, path) = self.request.split_once(' ').unwrap();
        let (method, path, body) = match (method, path) {
            ("MCP", tool) => {
                let mut arguments: Value = serde_json::from_str(&body).unwrap();
                arguments["id"] = json!(assets.approved);
                let params = json!({ "name": tool, "arguments": arguments });
                let call =
                    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
                ("POST", "/mcp".to_owned(), call.to_string())
            }
            (_, "/exports") => ("POST", "/api/v1/exports".to_owned(), body),
            (method, path) => (method, format!("/api/v1/assets{}", assets.fill(world, path)), body),
        };
        let request = caller.request(method.parse().unwrap(), &path).body(body);
        let accept = "application/json, text/event-stream";
        let request = request.header("Content-Type", "application/json").header("Accept", accept);
        caller.send(request).await
    }
}

/// Whether the answer is that the key lacks this scope, also in words of a tool.
fn lacks(answer: &Response, scope: &str) -> bool {
    let text = answer.json["result"]["content"][0]["text"].as_str().unwrap_or_default();
    let by_tool = text.starts_with("forbidden_scope: ") && text.contains(scope);
    let detail = &answer.json["error"]["details"]["scope"];
    by_tool || (answer.status, answer.code()) == (403, "forbidden_scope") && detail == scope
}

#[tokio::test]
async fn no_scope_does_by_a_detour_what_it_may_not_do() {
    for detour in &detours() {
        let world = World::quiet().await.leaving_events();
        let acme = world.workspace("acme").await;
        let assets = Assets::new(&world, &acme).await;
        let caller = world.caller("acme", &format!("assets:{}", detour.scope)).await;
        let answer = detour.send(&world, &caller, &assets).await;
        let what = detour.line();
        match detour.outcome {
            Ok(scope) => assert!(lacks(&answer, scope), "{what}: {}", answer.json),
            Err(_) => assert!(answer.status < 300, "{what}: {}", answer.json),
        }
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(!text.contains("X-Amz-Signature"), "{what}: {text}");
        world.pass(Duration::from_hours(24));
        world.clean_up().await;
        assets.assert_kept(&world, &acme, detour).await;
    }
}

#[tokio::test]
async fn who_may_delete_may_set_an_end() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let caller = world.caller("acme", "assets:write,assets:delete").await;
    let assets = Assets::new(&world, &acme).await;
    let path = format!("/api/v1/assets/{}", assets.draft);
    let edit = |caller: &Client, days: i64| {
        let end = world.now().plus(days * 24 * 3_600_000).to_string();
        let request = caller.request(http::Method::PATCH, &path);
        request.json(&json!({ "expires_at": end }))
    };
    caller.send(edit(&caller, 2)).await.expect(200);
    let writer = world.caller("acme", "assets:write").await;
    writer.send(edit(&writer, 3)).await.expect(200);
    assert_eq!(writer.send(edit(&writer, 2)).await.status, 403);
    let own = json!({ "content": "text", "expires_at": world.now().plus(1000).to_string() });
    writer.create(own).await.expect(201);
    world.pass(Duration::from_hours(73));
    world.clean_up().await;
    assert_eq!(acme.list("").await, [assets.approved.parse().unwrap()]);
}

#[test]
fn the_documentation_has_every_detour() {
    let expected = detours().iter().map(Detour::line).collect::<Vec<_>>().join("\n");
    assert!(DOCS.contains(&expected), "docs/permissions.md should have these rows:\n{expected}");
}
