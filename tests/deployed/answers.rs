//! The description says of parameters and answers what functions take and answer.

use std::collections::BTreeSet;

use api::AssetView;
use http::Method;
use model::Asset;
use serde_json::{Value, json};
use tests::{Client, Response, World, eventually, fixture};

use crate::openapi::document;

#[test]
fn an_asset_has_the_fields_that_are_document() {
    let fields_at = |pointer: &str| {
        let schema = at(&document(), &format!("/components/schemas/Asset/{pointer}")).clone();
        match schema {
            Value::Object(properties) => properties.keys().cloned().collect::<BTreeSet<_>>(),
            names => serde_json::from_value(names).unwrap(),
        }
    };
    let fields = |asset: &Asset| {
        let json = serde_json::to_value(asset).unwrap();
        json.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(fields(&filled()), fields_at("properties"), "an asset with every field");
    assert_eq!(fields(&bare()), fields_at("required"), "an asset with no optional field");
}

#[test]
fn assets_and_generations_fit_their_schemas() {
    let document = document();
    for asset in [filled(), bare()] {
        let json = serde_json::to_value(&asset).unwrap();
        check(&document, "Asset", &json);
        let view = serde_json::to_value(AssetView::from(asset)).unwrap();
        check(&document, "AssetWithAliases", &view);
    }
}

#[tokio::test]
async fn every_query_parameter_is_document() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let id = acme.write("text", json!({})).await["id"].clone();
    let id = id.as_str().unwrap();
    for (path, aliases) in [
        ("/api/v1/assets", &["media_type", "from", "to", "tag.{name}"][..]),
        ("/api/v1/assets/{id}", &[]),
        ("/api/v1/assets/{id}/signed-url", &[]),
        ("/api/v1/assets/{id}/history", &[]),
        ("/api/v1/assets/{id}/versions", &[]),
        ("/api/v1/usage", &[]),
        ("/api/assets", &[]),
    ] {
        let operation = at(&document(), "/paths").get(path).unwrap()["get"].clone();
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        let mut names: BTreeSet<_> =
            query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
        names.extend(aliases.iter().map(|alias| (*alias).to_owned()));
        let url = path.replace("{id}", id);
        let mut taken = BTreeSet::new();
        for query in ["nonsense=1", "nonsense=1&page=1"] {
            let refused = acme.get(&format!("{url}?{query}")).await.expect(400);
            let detail = refused["detail"].as_str().unwrap().to_owned();
            let known = detail.rsplit_once("this takes ").unwrap().1;
            taken.extend(known.split(", ").filter(|name| *name != "none").map(str::to_owned));
        }
        assert_eq!(taken, names, "the parameters of {path}");
    }
}

/// Calls every route, and fails where an answer is not as described, or a route is left out.
#[tokio::test]
async fn every_route_answers_as_document() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let tour = &mut Tour { document: document(), client: acme.clone(), seen: BTreeSet::new() };
    let created = tour.post("/api/v1/assets", "", json!({ "content": "# Text" })).await;
    let text = created["data"]["id"].as_str().unwrap().to_owned();
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let generation = json!({
        "status": "succeeded", "cost_usd": 0.02, "usage": { "unit": "images", "quantity": 1 },
        "span_kind": "image", "started_at": "2026-01-01T00:00:00Z",
    });
    let body = json!({ "upload": upload, "generation": generation, "parents": [text],
        "tags": { "brand": ["acme"] }, "metadata": { "seed": 7 } });
    let created = tour.post("/api/v1/assets", "", body).await;
    let image = created["data"]["id"].as_str().unwrap().to_owned();
    tour.get("/api/v1/assets/{id}/signed-url", &image, "").await;
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    acme.complete(&image).await;
    tour.get("/api/v1/openapi.json", "", "").await;
    for query in ["", "?limit=1", "?page=1", "?page=1&limit=1", "?page=1000", "?nonsense=1"] {
        tour.get("/api/v1/assets", "", query).await;
    }
    let run = json!({ "content": "text", "conversation_id": "c", "run_id": "42" });
    tour.post("/api/v1/assets", "", run).await;
    for query in ["", "?from=soon"] {
        tour.get("/api/v1/usage", "", query).await;
    }
    for query in ["", "?runId=42", "?offset=100", "?nonsense=1"] {
        tour.get("/api/assets", "", query).await;
    }
    tour.get("/api/v1/assets/{id}", &image, "").await;
    tour.get("/api/v1/assets/{id}", &image, "?nonsense=1").await;
    tour.get("/api/v1/assets/{id}/signed-url", &image, "").await;
    tour.get("/api/v1/assets/{id}/signed-url", &image, "?version=7").await;
    let never = "37XnnMWMjfmNEiv3gpMlqCGHrXO";
    let ids = json!({ "ids": [image, never] });
    tour.post("/api/v1/assets/signed-urls", "", ids.clone()).await;
    tour.post("/api/v1/assets/signed-urls", "", json!({ "ids": [] })).await;
    tour.versions(&image).await;
    tour.review(&image).await;
    tour.exports(&image).await;
    tour.generations().await;
    tour.traces().await;
    tour.post("/api/v1/assets", "", json!({ "nonsense": 1 })).await;
    tour.post("/api/v1/assets/delete", "", ids).await;
    tour.post("/api/v1/assets/delete", "", json!({})).await;
    let message = |method| json!({ "jsonrpc": "2.0", "id": 1, "method": method });
    for message in [message("tools/list"), message("nonsense"), json!({}), json!([])] {
        tour.post("/mcp", "", message).await;
    }
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    tour.post("/mcp", "", notification).await;
    tour.post("/mcp", "?nonsense=1", message("tools/list")).await;
    tour.call(Method::DELETE, "/api/v1/assets/{id}", &text, "", None).await;
    tour.call(Method::DELETE, "/api/v1/assets/{id}", &text, "", None).await;
    tour.client = acme.with_key("");
    tour.get("/api/v1/assets/{id}", &text, "").await;
    tour.client = world.caller("acme", "assets:review").await;
    tour.get("/api/v1/assets/{id}", &text, "").await;

    let paths = at(&tour.document, "/paths").as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
    });
    assert_eq!(tour.seen, all.collect(), "the routes that were called");
}

struct Tour {
    document: Value,
    client: Client,
    seen: BTreeSet<String>,
}

impl Tour {
    async fn get(&mut self, path: &str, id: &str, query: &str) -> Value {
        self.call(Method::GET, path, id, query, None).await
    }

    async fn post(&mut self, path: &str, query: &str, body: Value) -> Value {
        self.call(Method::POST, path, "", query, Some(body)).await
    }

    /// A version by either way, its list, its link and a way back, and what they are refused with.
    async fn versions(&mut self, id: &str) {
        let (post, route) = (Method::POST, "/api/v1/assets/{id}/versions");
        let upload = json!({ "file_name": "b.png", "content_type": "image/png" });
        for body in [json!({ "content": "Better", "model": "m" }), json!({ "upload": upload })] {
            self.call(post.clone(), route, id, "", Some(body)).await;
        }
        self.call(post.clone(), route, id, "", Some(json!({ "nonsense": 1 }))).await;
        for query in ["", "?limit=1", "?nonsense=1"] {
            self.get(route, id, query).await;
        }
        let back = "/api/v1/assets/{id}/rollback";
        for version in [1, 2, 3, 9, 0] {
            let body = json!({ "version": version });
            self.call(post.clone(), back, id, "", Some(body)).await;
        }
    }

    /// Every step of a review and an edit, and what they are refused with.
    async fn review(&mut self, id: &str) {
        let (post, patch, one) = (Method::POST, Method::PATCH, "/api/v1/assets/{id}");
        let remark = || Some(json!({ "comment": "As agreed" }));
        for step in ["submit", "approve", "request-changes", "archive", "restore"] {
            let route = format!("{one}/{step}");
            self.call(post.clone(), &route, id, "", remark()).await;
            self.call(post.clone(), &route, id, "", Some(json!({ "nonsense": 1 }))).await;
            self.call(post.clone(), &route, id, "?nonsense=1", None).await;
        }
        self.call(post, &format!("{one}/approve"), id, "", None).await;
        let edit = json!({ "title": "New", "tags": { "brand": ["bolt"] }, "metadata": null });
        self.call(patch.clone(), one, id, "", Some(edit)).await;
        self.call(patch, one, id, "", Some(json!({ "nonsense": 1 }))).await;
        let ids = json!([id, "37XnnMWMjfmNEiv3gpMlqCGHrXO"]);
        self.post("/api/v1/assets/review", "", json!({ "ids": ids, "action": "submit" })).await;
        self.post("/api/v1/assets/review", "", json!({ "ids": ids })).await;
        for query in ["", "?limit=1", "?cursor=garbage"] {
            self.get(&format!("{one}/history"), id, query).await;
        }
    }

    /// The spans of a run with a call that made something and one that made nothing.
    async fn traces(&mut self) {
        for size in ["64x64", "none"] {
            let body = json!({ "tool": "image_gen", "provider": "demo", "model": "demo-image", "size": size,
                "prompt": "a lighthouse", "execution_id": "run-7", "agent_id": "painter" });
            let request = self.client.request(Method::POST, "/api/v1/generations").json(&body);
            self.client.send(request.header("prefer", "wait=20")).await.expect(201);
        }
        for query in ["", "?limit=1", "?nonsense=1"] {
            self.get("/api/v1/executions/{id}/spans", "run-7", query).await;
        }
    }

    /// An export that fails, one that does not, and what they are refused with.
    async fn exports(&mut self, id: &str) {
        let (all, one) = ("/api/v1/exports", "/api/v1/exports/{id}");
        for steps in [&[][..], &["submit", "approve"]] {
            for step in steps {
                let route = format!("/api/v1/assets/{{id}}/{step}");
                self.call(Method::POST, &route, id, "", None).await;
            }
            let asked = self.post(all, "", json!({ "ids": [id] })).await;
            let export = asked["data"]["id"].as_str().unwrap();
            let url = one.replace("{id}", export);
            let client = self.client.clone();
            eventually(async || {
                client.get(&url).await.json["data"]["expires_at"].as_str().map(drop)
            })
            .await;
            self.get(one, export, "").await;
            self.get(one, export, "?nonsense=1").await;
        }
        self.get(one, id, "").await;
        for query in ["", "?status=failed&limit=1", "?status=done"] {
            self.get(all, "", query).await;
        }
        self.post(all, "", json!({})).await;
        self.post(all, "", json!({ "filter": { "nonsense": "1" } })).await;
    }

    /// A generation with all that there is to tell of one, what it would cost, and what is refused.
    async fn generations(&mut self) {
        let (all, one) = ("/api/v1/generations", "/api/v1/generations/{id}");
        let body = json!({
            "tool": "image_gen", "provider": "demo", "model": "demo-image", "prompt": "a lighthouse", "size": "128x128",
            "count": 2, "seed": 7, "execution_id": "run-7", "agent_id": "painter", "tags": { "brand": ["acme"] },
            "metadata": { "a": 1 },
        });
        self.post(all, "?dry_run=true", body.clone()).await;
        let asked = self.post(all, "", body.clone()).await;
        let id = asked["data"]["id"].as_str().unwrap().to_owned();
        self.get(one, &id, "").await;
        let url = one.replace("{id}", &id);
        let client = self.client.clone();
        eventually(async || client.get(&url).await.json["data"]["ended_at"].as_str().map(drop))
            .await;
        self.get(one, &id, "").await;
        self.get(one, &id, "?nonsense=1").await;
        self.get(one, "37XnnMWMjfmNEiv3gpMlqCGHrXO", "").await;
        self.call(Method::POST, "/api/v1/generations/{id}/cancel", &id, "", None).await;
        let mut another = body.clone();
        another["prompt"] = "x".repeat(5000).into();
        self.post(all, "", another).await;
        another = body.clone();
        another["provider"] = "fal".into();
        another["model"] = "fal-ai/flux/dev".into();
        another["size"] = Value::Null;
        another["count"] = 1.into();
        self.post(all, "", another).await;
        for query in ["", "?status=succeeded&limit=1", "?at_risk=true", "?status=done"] {
            self.get(all, "", query).await;
        }
        for query in ["", "?nonsense=1"] {
            self.get("/api/v1/providers", "", query).await;
        }
        self.post("/api/v1/callbacks/{provider}/{token}", "", json!({})).await;
        self.post("/api/v1/recipes/lookup", "", body).await;
        self.post("/api/v1/recipes/lookup", "", json!({ "nonsense": 1 })).await;
        let job = json!({ "tool": "image_gen", "provider": "fal", "model": "fal-ai/flux/dev", "job": "a1" });
        self.post("/api/v1/generations/adopt", "", job).await;
        self.post("/api/v1/generations/adopt", "", json!({ "nonsense": 1 })).await;
        let file = json!({ "url": "http://127.0.0.1:1/a.png", "type": "image" });
        self.post("/api/v1/assets/import", "", file).await;
        self.post("/api/v1/assets/import", "", json!({ "url": "ftp://a" })).await;
    }

    async fn call(
        &mut self,
        method: Method,
        path: &str,
        id: &str,
        query: &str,
        body: Option<Value>,
    ) -> Value {
        let url = format!("{}{query}", path.replace("{id}", id));
        let mut request = self.client.request(method.clone(), &url);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let Response { status, headers, json, bytes } = self.client.send(request).await;
        let method = method.as_str().to_lowercase();
        let place = format!("{method} {url} {status}");
        let operation = &at(&self.document, "/paths")[path][&method];
        let response = &operation["responses"][status.to_string()];
        assert!(!response.is_null(), "{place} is not described: {json}");
        let content = headers.get("content-type").map(|value| value.to_str().unwrap());
        match response["content"].as_object() {
            None => assert!(bytes.is_empty(), "{place} is described without content"),
            Some(described) => {
                let content = &described[content.unwrap()]["schema"];
                fits(&self.document, content, &json).unwrap_or_else(|e| panic!("{place}: {e}"));
            }
        }
        self.seen.insert(format!("{method} {path}"));
        json
    }
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
}

#[track_caller]
fn check(document: &Value, name: &str, value: &Value) {
    let schema = at(document, &format!("/components/schemas/{name}"));
    fits(document, schema, value).unwrap_or_else(|e| panic!("{name}: {e}"));
}

/// Fails unless `value` is what `schema` says, as far as our own schemas say anything, and has no field
/// that none describes.
fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(document, at(document, &reference[1..]), value);
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let fitting = options.iter().filter(|option| fits(document, option, value).is_ok()).count();
        return if fitting == 1 { Ok(()) } else { Err(format!("{fitting} options fit {value}")) };
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    if !types.is_empty() && !types.contains(&json!(type_of(value))) {
        let number = types.contains(&json!("number")) && value.is_number();
        if !number {
            return Err(format!("{value} is no {types:?}"));
        }
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return Err(format!("{value} is none of {values:?}"));
    }
    let mut items = value.as_array().into_iter().flatten();
    items.try_for_each(|item| fits(document, &schema["items"], item))?;
    let Some(fields) = value.as_object() else { return Ok(()) };
    let (properties, required) = fields_of(document, schema);
    for name in required {
        if !fields.contains_key(&name) {
            return Err(format!("there is no {name}"));
        }
    }
    let others = &schema["additionalProperties"];
    for (name, value) in fields {
        let schema = properties.iter().rev().find(|(known, _)| known == name);
        let schema = schema.map(|(_, schema)| schema).or(others.is_object().then_some(others));
        // A value that no schema limits, as the whole document of the API.
        if properties.is_empty() && schema.is_none() {
            continue;
        }
        let schema = schema.ok_or_else(|| format!("{name} is not described"))?;
        fits(document, schema, value).map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}

/// The properties of an object, and the names of those that must be there.
fn fields_of(document: &Value, schema: &Value) -> (Vec<(String, Value)>, Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fields_of(document, at(document, &reference[1..]));
    }
    let own = schema["properties"].as_object().into_iter().flatten();
    let mut properties: Vec<_> = own.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    let required = schema["required"].as_array().into_iter().flatten();
    let mut required: Vec<_> = required.map(|name| name.as_str().unwrap().to_owned()).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, needed) = fields_of(document, part);
        properties.extend(more);
        required.extend(needed);
    }
    (properties, required)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// An asset with every field.
fn filled() -> Asset {
    let id = "37XnnMWMjfmNEiv3gpMlqCGHrXO";
    let at = "2026-01-02T03:04:05.678Z";
    serde_json::from_value(json!({
        "id": id,
        "workspace_id": "acme",
        "execution_id": "e",
        "agent_id": "a",
        "conversation_id": "c",
        "run_id": "r",
        "campaign_id": "p",
        "type": "image",
        "provider": "fal",
        "model": "m",
        "tool": "image_gen",
        "title": "A title",
        "prompt": "A prompt",
        "file_name": "a.png",
        "file_size": 1,
        "content_type": "image/png",
        "storage_key": "k",
        "checksum_sha256": "0".repeat(64),
        "width": 1,
        "height": 1,
        "duration_ms": 1,
        "duration_estimated": true,
        "generation": {
            "status": "succeeded",
            "error": "none",
            "cost_usd": 0.5,
            "usage": { "unit": "images", "quantity": 1.0 },
            "duration_ms": 1,
            "started_at": at,
            "trace_id": "t",
            "span_id": "s",
            "span_kind": "image",
            "output_url": "https://example.com/a.png",
        },
        "parents": [id],
        "tags": { "brand": ["acme"] },
        "status": "pending_review",
        "upload_status": "complete",
        "version": 2,
        "approved_version": 1,
        "metadata": { "seed": 7 },
        "expires_at": at,
        "created_at": at,
        "updated_at": at,
    }))
    .unwrap()
}

/// An asset with no field that can be left out.
fn bare() -> Asset {
    let at = "2026-01-02T03:04:05.678Z";
    serde_json::from_value(json!({
        "id": "37XnnMWMjfmNEiv3gpMlqCGHrXO",
        "workspace_id": "acme",
        "type": "image",
        "status": "draft",
        "upload_status": "pending",
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }))
    .unwrap()
}
