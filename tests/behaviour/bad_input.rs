//! What the store refuses, how it says so, and that nothing stays of it.

use http::{Method, StatusCode};
use local::engines::TABLE;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tests::{Client, Response, World, fixture};

const ASSETS: &str = "/api/v1/assets";

/// Asserts that `answer` is this problem in the contract's form, and mentions `says`.
fn assert_problem(answer: &Response, status: u16, code: &str, says: &str) {
    let body = String::from_utf8_lossy(&answer.bytes);
    assert_eq!((answer.status, answer.code()), (status, code), "{body}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(!answer.header("x-request-id").is_empty(), "{body}");
    let problem = answer.json.as_object().unwrap();
    let fields: Vec<_> = problem.keys().map(String::as_str).collect();
    assert_eq!(fields, ["code", "detail", "error", "status", "title", "type"]);
    assert_eq!(problem["status"], status);
    assert_eq!(problem["title"], StatusCode::from_u16(status).unwrap().canonical_reason().unwrap());
    assert!(problem["type"].as_str().unwrap().ends_with(code), "{body}");
    assert_eq!(problem["error"]["code"], code);
    assert_eq!(problem["error"]["message"], problem["detail"]);
    assert!(problem["error"]["details"].is_object(), "{body}");
    assert!(problem["detail"].as_str().unwrap().contains(says), "{body} mentions {says}");
}

/// Asserts that the store has no asset, listed or not, and no object.
async fn assert_empty(world: &World, caller: &Client) {
    assert!(caller.list("").await.is_empty());
    assert!(world.object_keys().await.is_empty());
    assert!(records(world).await.is_empty());
}

/// The ids of all records of assets, listed or not.
async fn records(world: &World) -> Vec<String> {
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let scan = world.engines.dynamodb(http).scan().table_name(TABLE).send().await.unwrap();
    let text = |item: &std::collections::HashMap<_, aws_sdk_dynamodb::types::AttributeValue>,
                name: &str| item.get(name).and_then(|v| v.as_s().ok()).cloned();
    let assets = scan.items().iter().filter(|item| text(item, "sk").as_deref() == Some("asset"));
    assets.filter_map(|item| text(item, "id")).collect()
}

/// `POST /api/v1/assets` with a body as it is.
async fn post_raw(caller: &Client, content_type: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = caller.request(Method::POST, ASSETS).header("Content-Type", content_type);
    caller.send(request.body(body)).await
}

/// `PUT`s bytes as a signed upload says, with these headers in place of its own; empty ones are
/// left out.
async fn put_with(upload: &Value, changes: &[(&str, &str)], bytes: Vec<u8>) -> u16 {
    let mut request = reqwest::Client::new().put(upload["url"].as_str().unwrap());
    for (name, value) in upload["headers"].as_object().unwrap() {
        let change = changes.iter().find(|(changed, _)| changed.eq_ignore_ascii_case(name));
        let value = change.map_or(value.as_str().unwrap(), |(_, value)| value);
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    request.body(bytes).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_field_that_is_not_as_it_must_be_is_named() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let with = |name: &str, value: Value| json!({ "content": "x", name: value });
    let within = |name: &str, value: Value| {
        let mut upload = upload.clone();
        upload[name] = value;
        json!({ "upload": upload })
    };
    for (body, says) in [
        (with("metadata", json!({ "k": "x".repeat(5000) })), "metadata: "),
        (with("metadata", json!([1])), "metadata: "),
        (with("title", "t".repeat(101).into()), "title: "),
        (with("title", "a\u{0}b".into()), "title: "),
        (with("prompt", "p".repeat(4001).into()), "prompt: "),
        (with("type", "Image".into()), "type: "),
        (with("agent_id", "a/b".into()), "agent_id: "),
        (with("agent_id", "a".repeat(129).into()), "agent_id: "),
        (with("agent_id", 7.into()), "agent_id: "),
        (with("parents", json!(["nope"])), "parents[0]: "),
        (with("tags", json!({ "Brand": ["x"] })), "tags"),
        (with("expires_at", "2020-01-01T00:00:00Z".into()), "expires_at: expected a time to come"),
        (with("expires_at", "tomorrow".into()), "expires_at: "),
        (with("titel", "x".into()), "titel"),
        (with("content_type", "png".into()), "content_type: "),
        (with("upload", upload.clone()), "content: "),
        (json!({ "title": "neither" }), "upload: "),
        (json!({ "generation": { "status": "succeeded" }, "type": "image" }), "upload: "),
        (json!({ "generation": { "status": "failed" } }), "type: "),
        (json!({ "generation": { "status": "broken" } }), "generation.status: "),
        (within("file_name", "../x".into()), "upload.file_name: "),
        (within("file_name", "".into()), "upload.file_name: "),
        (within("checksum_sha256", "abc".into()), "upload.checksum_sha256: "),
        (within("file_size", json!(-1)), "upload.file_size: "),
        (within("content_type", "image".into()), "upload.content_type: "),
        (within("folder", "x".into()), "upload.folder: "),
        (json!([]), "body: "),
        (json!("text"), "body: "),
    ] {
        assert_problem(&acme.create(body).await, 400, "invalid_body", says);
    }
    assert_empty(&world, &acme).await;
}

#[tokio::test]
async fn what_is_too_large_is_told_the_limit() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let six_gigabytes = json!({ "upload": {
        "file_name": "a.mp4", "content_type": "video/mp4", "file_size": 6_000_000_000_u64,
    } });
    assert_problem(&acme.create(six_gigabytes).await, 413, "too_large", "5 GiB");
    let inline = json!({ "content": "x".repeat(1024 * 1024 + 1) });
    assert_problem(&acme.create(inline).await, 413, "too_large", "1048576 bytes");
    let seven_mebibytes = json!({ "content": "x".repeat(7 * 1024 * 1024) });
    assert_problem(&acme.create(seven_mebibytes).await, 413, "too_large", "bytes");
    let body = json!({ "content": "x".repeat(11_000_000) });
    assert_problem(&acme.create(body).await, 413, "too_large", "bytes");
    assert_empty(&world, &acme).await;
}

#[tokio::test]
async fn limits_count_characters_and_are_exact() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let fields = json!({
        "title": "é".repeat(100),
        "prompt": "✨".repeat(4000),
        "metadata": { "k": "x".repeat(4096 - r#"{"k":""}"#.len()) },
    });
    let asset = acme.write(&"x".repeat(1024 * 1024), fields.clone()).await;
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(&asset[name], value);
    }
    let five_gibibytes = json!({ "upload": {
        "file_name": "a.mp4", "content_type": "video/mp4", "file_size": 5_u64 << 30,
    } });
    assert_eq!(acme.create(five_gibibytes).await.status, 201);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for body in ["", "{", "{\"content\":\"x\"} x", "{\"content\":\"x\"}{}", "content=x"] {
        let answer = post_raw(&acme, "application/json", body).await;
        assert_problem(&answer, 400, "invalid_json", "not valid JSON");
    }
    let answer = post_raw(&acme, "application/json", b"{\"content\":\"\xff\"}".to_vec()).await;
    assert_problem(&answer, 400, "invalid_json", "UTF-8");
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "", "application"] {
        let answer = post_raw(&acme, content_type, "{\"content\":\"x\"}").await;
        assert_problem(&answer, 415, "unsupported_media_type", "application/json");
    }
    let untyped = acme.request(Method::POST, ASSETS).body("{\"content\":\"x\"}");
    assert_problem(&acme.send(untyped).await, 415, "unsupported_media_type", "application/json");
    assert_empty(&world, &acme).await;
    let typed = post_raw(&acme, "Application/JSON; charset=utf-8", "{\"content\":\"x\"}").await;
    assert_eq!(typed.status, 201);
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_its_encoding() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("text", json!({})).await;
    let submit = format!("{ASSETS}/{}/submit", asset["id"].as_str().unwrap());
    for path in [ASSETS, &submit, "/api/v1/exports"] {
        for coding in ["gzip", "br, gzip"] {
            let request = acme.request(Method::POST, path).json(&json!({ "content": "x" }));
            let answer = acme.send(request.header("Content-Encoding", coding)).await;
            let says = format!("without Content-Encoding: {coding}");
            assert_problem(&answer, 415, "unsupported_media_type", &says);
            assert_eq!(answer.header("accept-encoding"), "identity");
        }
    }
}

#[tokio::test]
async fn a_query_that_is_not_understood_never_returns_everything() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    acme.write("text", json!({})).await;
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=abc", "limit"),
        ("limit=-1", "limit"),
        ("limit=", "limit"),
        ("limit=201", "limit"),
        ("limit=1&limit=2", "limit"),
        ("page=1&limit=101", "limit"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=1&cursor=x", "cursor"),
        ("tpye=image", "tpye"),
        ("offset=1", "offset"),
        ("order=up", "order"),
        ("status=done", "status"),
        ("approved=yes", "approved"),
        ("type=Image", "type"),
        ("type=", "type"),
        ("media_type=Image", "media_type"),
        ("agent_id=a%00b", "agent_id"),
        ("type=image%00", "type"),
        ("provider=%00", "provider"),
        ("q=%00", "q"),
        ("q=", "q"),
        ("q=%FF", "q"),
        ("q=%zz", "q"),
        ("q=100%", "q"),
        ("q=%e", "q"),
        ("%FF=1", "query"),
        ("agent_id=1,2,3,4,5,6,7,8,9,10,11", "agent_id"),
        ("type=a,b,c,d,e,f&media_type=g,h,i,j,k", "media_type"),
        ("created_from=soon", "created_from"),
        ("from=2026-02-30", "from"),
        ("created_to=2026-01-01T00:00:00", "created_to"),
        ("from=2026-01-01&created_from=2026-01-01", "from"),
        ("to=2026-01-01&created_to=2026-01-01", "to"),
    ] {
        let answer = acme.get(&format!("{ASSETS}?{query}")).await;
        assert_problem(&answer, 400, "invalid_parameter", &format!("{parameter}: "));
        assert_eq!(answer.json["error"]["details"]["parameter"], parameter, "{query}");
    }
}

#[tokio::test]
async fn every_route_refuses_parameters_that_it_does_not_know() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = acme.write("text", json!({})).await["id"].as_str().unwrap().to_owned();
    let ids = json!({ "ids": [id] });
    for (method, path, body) in [
        (Method::GET, format!("{ASSETS}?x=1"), None),
        (Method::POST, format!("{ASSETS}?x=1"), Some(json!({ "content": "x" }))),
        (Method::GET, format!("{ASSETS}/{id}?x=1"), None),
        (Method::GET, format!("{ASSETS}/{id}/signed-url?x=1"), None),
        (Method::DELETE, format!("{ASSETS}/{id}?x=1"), None),
        (Method::POST, format!("{ASSETS}/signed-urls?x=1"), Some(ids.clone())),
        (Method::POST, format!("{ASSETS}/delete?x=1"), Some(ids)),
    ] {
        let request = acme.request(method, &path);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        assert_problem(&acme.send(request).await, 400, "invalid_parameter", "x: there is no such");
    }
    assert_eq!(acme.list("").await, [id.parse().unwrap()]);
}

#[tokio::test]
async fn a_cursor_goes_on_in_its_own_list_alone() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for _ in 0..3 {
        acme.write("text", json!({})).await;
    }
    let page = acme.get(&format!("{ASSETS}?type=copy&limit=1")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    for query in [
        "type=copy&cursor=garbage".to_owned(),
        "type=copy&cursor=".to_owned(),
        "type=copy&cursor=%FF".to_owned(),
        format!("type=copy&cursor={}", &cursor[..cursor.len() - 1]),
        format!("type=copy&cursor={}", &cursor[..cursor.len() / 2]),
        format!("type=copy&cursor={cursor}AA"),
        format!("type=image&cursor={cursor}"),
        format!("cursor={cursor}"),
        format!("type=copy&order=asc&cursor={cursor}"),
        format!("type=copy&agent_id=a&cursor={cursor}"),
    ] {
        let answer = acme.get(&format!("{ASSETS}?{query}")).await;
        assert_problem(&answer, 400, "invalid_parameter", "cursor: ");
    }
    let next = acme.get(&format!("{ASSETS}?limit=2&type=copy&order=desc&cursor={cursor}")).await;
    assert_eq!(next.expect(200)["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_page_too_deep_is_told_of_cursors() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for query in ["page=101&limit=100", "page=501", "page=10001&limit=1", "page=4294967295"] {
        let answer = acme.get(&format!("{ASSETS}?{query}")).await;
        assert_problem(&answer, 400, "use_cursor", "next_cursor");
    }
    for query in ["page=100&limit=100", "page=500", "page=10000&limit=1"] {
        let page = acme.get(&format!("{ASSETS}?{query}")).await.expect(200);
        assert_eq!(page["data"], json!([]));
    }
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_255_characters() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let create = async |key: &[u8]| {
        let request = acme.request(Method::POST, ASSETS).json(&json!({ "content": "x" }));
        acme.send(request.header("Idempotency-Key", key)).await
    };
    for key in ["", &"k".repeat(256), "clé"] {
        let answer = create(key.as_bytes()).await;
        assert_problem(&answer, 400, "invalid_header", "Idempotency-Key: ");
    }
    assert_empty(&world, &acme).await;
    assert_eq!(create("k".repeat(255).as_bytes()).await.status, 201);
}

#[tokio::test]
async fn bulk_requests_take_1_to_100_ids() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = acme.write("text", json!({})).await["id"].clone();
    for path in ["/api/v1/assets/delete", "/api/v1/assets/signed-urls"] {
        for (body, says) in [
            (json!({ "ids": [] }), "ids: expected 1 to 100 ids"),
            (json!({ "ids": vec![&id; 101] }), "ids: expected 1 to 100 ids"),
            (json!({ "ids": [id, "nope"] }), "ids[1]: "),
            (json!({ "ids": [id, "0000000000000000000000000\0a"] }), "ids[1]: "),
            (json!({ "ids": id }), "ids: "),
            (json!({}), "ids"),
            (json!({ "ids": [id], "all": true }), "all"),
        ] {
            assert_problem(&acme.post(path, body).await, 400, "invalid_body", says);
        }
    }
    let links = json!({ "ids": [id], "expires_in": 604_801 });
    let answer = acme.post("/api/v1/assets/signed-urls", links).await;
    assert_problem(&answer, 400, "invalid_body", "expires_in: ");
    let links = json!({ "ids": [id], "disposition": "download" });
    let answer = acme.post("/api/v1/assets/signed-urls", links).await;
    assert_problem(&answer, 400, "invalid_body", "disposition: ");
    assert_eq!(acme.list("").await, [tests::id(&id)]);
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_answered_with_those_it_takes() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = acme.write("text", json!({})).await["id"].as_str().unwrap().to_owned();
    for (path, allow) in [
        (ASSETS.to_owned(), vec!["GET", "POST"]),
        (format!("{ASSETS}/{id}"), vec!["DELETE", "GET"]),
        (format!("{ASSETS}/{id}/signed-url"), vec!["GET"]),
        (format!("{ASSETS}/delete"), vec!["POST"]),
        ("/api/v1/openapi.json".to_owned(), vec!["GET"]),
    ] {
        let answer = acme.send(acme.request(Method::PUT, &path)).await;
        assert_problem(&answer, 405, "method_not_allowed", answer.header("allow"));
        let allowed: Vec<_> = answer.header("allow").split(", ").collect();
        assert!(allow.iter().all(|method| allowed.contains(method)), "{path}: {allowed:?}");
    }
}

#[tokio::test]
async fn a_path_without_a_route_is_said_to_have_none() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for path in ["/api", "/api/v1", "/api/v1/asset", "/api/v1/assets/", "/api/v1/assets/a/b/c"] {
        assert_problem(&acme.get(path).await, 404, "no_route", "there is no");
        assert_problem(&acme.post(path, json!({})).await, 404, "no_route", "there is no");
    }
}

#[tokio::test]
async fn a_path_that_names_no_asset_finds_none() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = acme.write("text", json!({})).await["id"].as_str().unwrap().to_owned();
    for no_id in ["%00", &format!("{id}%00"), &format!("%20{id}"), "%FF", "%zz", &id[1..], "é"] {
        for path in [format!("{ASSETS}/{no_id}"), format!("{ASSETS}/{no_id}/signed-url")] {
            assert_problem(&acme.get(&path).await, 404, "not_found", "");
        }
        let deleted = acme.delete(&format!("{ASSETS}/{no_id}")).await;
        assert_problem(&deleted, 404, "not_found", "");
    }
    assert_eq!(acme.list("").await, [id.parse().unwrap()]);
}

#[tokio::test]
async fn numbers_come_back_as_they_were_or_are_refused() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let failed = |cost: &str| {
        let generation = format!("{{\"status\":\"failed\",\"cost_usd\":{cost}}}");
        format!(r#"{{"type":"image","generation":{generation},"metadata":{{"cost":{cost}}}}}"#)
    };
    for cost in ["1e126", "-0.01", "1e300", "1e-200", "18446744073709551615"] {
        let answer = post_raw(&acme, "application/json", failed(cost)).await;
        assert_problem(&answer, 400, "invalid_body", "generation.cost_usd: ");
    }
    for cost in ["1e400", "1e-400", "18446744073709551616.5", "0.1234567890123456789"] {
        let changed = post_raw(&acme, "application/json", failed(cost)).await;
        assert_problem(
            &changed,
            400,
            "invalid_body",
            &format!("the number {cost} would not be kept"),
        );
    }
    assert_empty(&world, &acme).await;
    for cost in ["0", "0.1", "5.0", "1e125", "1e-129", "0.30000000000000004", "9007199254740992"] {
        let created = post_raw(&acme, "application/json", failed(cost)).await.expect(201);
        let path = format!("{ASSETS}/{}", created["data"]["id"].as_str().unwrap());
        assert_eq!(acme.get(&path).await.expect(200)["data"], created["data"], "{cost}");
        let number: f64 = cost.parse().unwrap();
        assert_eq!(created["data"]["generation"]["cost_usd"], number, "{cost}");
    }
}

#[tokio::test]
async fn a_failed_step_is_on_record_without_a_file() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let generation = json!({ "status": "failed", "error": "out of credits", "cost_usd": 0.25 });
    let body = json!({ "type": "video", "provider": "fal", "generation": generation });
    let created = acme.create(body).await.expect(201);
    assert!(created.get("upload").is_none());
    let asset = &created["data"];
    assert_eq!((&asset["generation"], &asset["upload_status"]), (&generation, &json!("complete")));
    assert_eq!(acme.list("provider=fal").await, [tests::id(&asset["id"])]);
    let path = format!("{ASSETS}/{}/signed-url", asset["id"].as_str().unwrap());
    assert_problem(&acme.get(&path).await, 409, "no_object", "failed");
    assert!(world.object_keys().await.is_empty());
}

#[tokio::test]
async fn what_could_run_in_a_browser_is_told_by_its_bytes_and_always_saved() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (fixture_name, content_type) in
        [("page-named.png", "text/html"), ("script.svg", "image/svg+xml")]
    {
        let bytes = fixture(fixture_name);
        let upload = json!({ "file_name": "hero.png", "content_type": "image/png" });
        let created = acme.create(json!({ "upload": upload })).await.expect(201);
        assert_eq!(acme.put(&created["upload"], bytes.clone()).await.status, 200);
        let id = created["data"]["id"].as_str().unwrap();
        let told = acme.complete(id).await["content_type"].as_str().unwrap().to_owned();
        assert_eq!(told.split(';').next(), Some(content_type));
        let path = format!("{ASSETS}/{id}/signed-url?disposition=inline");
        let link = acme.get(&path).await.expect(200)["data"]["url"].clone();
        let download = reqwest::get(link.as_str().unwrap()).await.unwrap();
        assert_eq!(download.headers()["content-type"], told);
        assert_eq!(download.headers()["content-disposition"], "attachment; filename=\"hero.png\"");
        assert!(download.bytes().await.unwrap() == bytes);
    }
}

#[tokio::test]
async fn an_upload_that_is_not_what_was_signed_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let bytes = fixture("sample.png");
    let upload = json!({
        "file_name": "a.png",
        "content_type": "image/png",
        "file_size": bytes.len(),
        "checksum_sha256": model::Checksum::of(&bytes),
    });
    let created = acme.create(json!({ "upload": upload })).await.expect(201);
    let (id, upload) = (created["data"]["id"].as_str().unwrap(), &created["upload"]);
    let mut same_size = bytes.clone();
    same_size[100] ^= 1;
    assert_eq!(put_with(upload, &[], same_size).await, 400, "another checksum");
    let longer = [bytes.clone(), vec![0]].concat();
    assert_eq!(put_with(upload, &[], longer).await, 403, "another size");
    let typed = [("content-type", "text/html")];
    assert_eq!(put_with(upload, &typed, bytes.clone()).await, 403, "another type");
    let unconditional = [("if-none-match", "")];
    assert_eq!(put_with(upload, &unconditional, bytes.clone()).await, 403, "no condition");
    assert!(world.object_keys().await.is_empty() && acme.list("").await.is_empty());
    let asset = acme.get(&format!("{ASSETS}/{id}")).await.expect(200);
    assert_eq!(asset["data"], created["data"]);
    assert_eq!(put_with(upload, &[], bytes).await, 200);
    acme.complete(id).await;
}

#[tokio::test]
async fn a_second_upload_to_the_same_link_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let created = acme.create(json!({ "upload": upload })).await.expect(201);
    let id = created["data"]["id"].as_str().unwrap();
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    let asset = acme.complete(id).await;
    for again in ["sample.png", "sample.gif"] {
        assert_eq!(acme.put(&created["upload"], fixture(again)).await.status, 412, "{again}");
    }
    assert_eq!(acme.get(&format!("{ASSETS}/{id}")).await.expect(200)["data"], asset);
    assert!(acme.download(id).await.bytes == fixture("sample.png"));
    assert_eq!(world.object_keys().await, [asset["storage_key"].as_str().unwrap()]);
}

#[tokio::test]
async fn a_file_name_comes_back_as_it_was() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for name in ["plain.png", "a \"b\" 😀 c+d %2B e%.png", "+%2B", "é;=,'()&?#.png", "a..b"] {
        let asset = acme.upload(name, fixture("sample.png")).await;
        let id = asset["id"].as_str().unwrap();
        let key = format!("workspaces/acme/assets/{id}/1/{name}");
        assert_eq!((&asset["file_name"], &asset["storage_key"]), (&json!(name), &json!(key)));
        assert!(world.object_keys().await.contains(&key), "{key}");
        let download = acme.download(id).await;
        let disposition = download.header("content-disposition");
        let (_, saved) = disposition.split_once("filename*=UTF-8''").unwrap_or_else(|| {
            let plain = disposition.strip_prefix("inline; filename=\"").unwrap();
            ("", plain.strip_suffix('"').unwrap())
        });
        let decoded = percent_decode_str(saved).decode_utf8().unwrap();
        assert_eq!((download.status, &*decoded), (200, name), "{disposition}");
    }
}
