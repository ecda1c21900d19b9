//! How answers travel: what caches may keep, `HEAD`, and compression.

use std::io::Read;

use http::Method;
use serde_json::json;
use tests::{Client, Response, World};

const ASSETS: &str = "/api/v1/assets";

async fn send(caller: &Client, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = caller.request(method, path);
    caller
        .send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
        .await
}

async fn gzipped(caller: &Client, path: &str) -> Response {
    send(caller, Method::GET, path, &[("Accept-Encoding", "br;q=1.0, gzip;q=0.8")]).await
}

/// What compressed bytes hold.
fn unzipped(answer: &Response) -> Vec<u8> {
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&answer.bytes[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Paths of every route that is read, with an asset and what is not there.
async fn paths(acme: &Client) -> Vec<String> {
    let id = acme.write(&"text ".repeat(1000), json!({ "prompt": "p".repeat(2000) })).await["id"]
        .clone();
    let export = acme.post("/api/v1/exports", json!({ "ids": [id] })).await.expect(202);
    let (asset, export) = (id.as_str().unwrap(), export["data"]["id"].as_str().unwrap());
    let routes = local::functions::routes().into_iter().filter(|route| route.method == "GET");
    let paths = routes.flat_map(|route| {
        let id = if route.path.contains("exports") { export } else { asset };
        [route.path.replace("{id}", id), format!("{}?nonsense=1", route.path.replace("{id}", "x"))]
    });
    paths.chain([format!("{ASSETS}?page=1"), format!("{ASSETS}/"), "/nothing".to_owned()]).collect()
}

#[tokio::test]
async fn no_shared_cache_keeps_what_is_a_tenants() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for path in paths(&acme).await {
        for caller in [&acme, &acme.with_key("")] {
            let answer = caller.get(&path).await;
            let expected = match (answer.status, answer.header("etag")) {
                (200, "") if path.starts_with("/api/v1/openapi.json") => "public, max-age=300",
                (200, "\"2\"") => "private, no-cache",
                _ => "private, no-store",
            };
            assert_eq!(answer.header("cache-control"), expected, "{path}: {}", answer.status);
        }
    }
    for (path, body) in
        [(ASSETS, json!({ "content": "x" })), (ASSETS, json!({})), ("/mcp", json!({}))]
    {
        assert_eq!(
            acme.post(path, body).await.header("cache-control"),
            "private, no-store",
            "{path}"
        );
    }
    assert_eq!(acme.delete(ASSETS).await.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for path in paths(&acme).await {
        for encoding in ["identity", "gzip"] {
            let headers = [("Accept-Encoding", encoding)];
            let [get, head] =
                [Method::GET, Method::HEAD].map(|method| send(&acme, method, &path, &headers));
            let (get, head) = (get.await, head.await);
            assert!(head.bytes.is_empty() && head.status == get.status, "{path}: {}", head.status);
            let lasting = |answer: &Response| {
                let mut headers = answer.headers.clone();
                for varying in ["date", "x-request-id"] {
                    headers.remove(varying);
                }
                headers
            };
            assert_eq!(
                head.header("content-length"),
                get.bytes.len().to_string(),
                "{path} {encoding}"
            );
            assert_eq!(lasting(&head), lasting(&get), "{path} {encoding}");
        }
    }
    let refused = send(&acme, Method::HEAD, "/api/v1/assets/delete", &[]).await;
    assert_eq!((refused.status, refused.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn long_json_is_compressed_where_that_is_asked_for() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for _ in 0..5 {
        acme.write("text", json!({ "prompt": "a lighthouse at dawn ".repeat(20) })).await;
    }
    let plain = acme.get(ASSETS).await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    let compressed = gzipped(&acme, ASSETS).await;
    assert_eq!(compressed.header("vary"), "accept-encoding");
    assert_eq!(unzipped(&compressed), plain.bytes);
    assert!(compressed.bytes.len() * 3 < plain.bytes.len());
    let refused = send(&acme, Method::GET, ASSETS, &[("Accept-Encoding", "gzip;q=0, br")]).await;
    assert_eq!((refused.header("content-encoding"), &refused.bytes), ("", &plain.bytes));
    let short = gzipped(&acme, &format!("{ASSETS}?type=video")).await;
    assert_eq!((short.header("content-encoding"), &short.json["items"]), ("", &json!([])));
}

#[tokio::test]
async fn compressed_bytes_have_an_etag_of_their_own() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("text", json!({ "prompt": "p".repeat(3000) })).await;
    let path = format!("{ASSETS}/{}", asset["id"].as_str().unwrap());
    let (plain, compressed) = (acme.get(&path).await, gzipped(&acme, &path).await);
    assert_eq!((plain.header("etag"), compressed.header("etag")), ("\"2\"", "\"2-gzip\""));
    assert_eq!(unzipped(&compressed), plain.bytes);
    for etag in ["\"2\"", "\"2-gzip\"", "W/\"2-gzip\""] {
        let known = send(&acme, Method::GET, &path, &[("If-None-Match", etag)]).await;
        assert_eq!((known.status, known.header("etag")), (304, etag.trim_start_matches("W/")));
        assert_eq!(known.header("vary"), plain.header("vary"));
    }
    let edit = async |etag: &str| {
        let request = acme.request(Method::PATCH, &path).header("If-Match", etag);
        acme.send(request.json(&json!({ "title": "New" }))).await.status
    };
    assert_eq!((edit("\"1-gzip\"").await, edit("\"2-gzip\"").await), (412, 200));
}

#[tokio::test]
async fn what_is_not_found_is_told_apart_in_words() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (path, code, says) in [
        ("/api/v1/asset", "no_route", "there is no such path"),
        ("/api/v1/assets/", "no_route", "ends with a slash"),
        ("/", "no_route", "ends with a slash"),
        ("/api/v1/assets/37XnnMWMjfmNEiv3gpMlqCGHrXO", "not_found", "nothing with this id"),
        ("/api/v1/assets/no-id/history", "not_found", "nothing with this id"),
        ("/api/v1/assets/%2F%00", "not_found", "nothing with this id"),
        ("/api/v1/assets/delete/history", "not_found", "nothing with this id"),
        ("/api/v1/exports/37XnnMWMjfmNEiv3gpMlqCGHrXO", "not_found", "nothing with this id"),
    ] {
        let answer = acme.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, code), "{path}");
        assert!(answer.json["detail"].as_str().unwrap().contains(says), "{path}: {}", answer.json);
    }
    for path in ["delete", "review", "signed-urls"] {
        let answer = acme.delete(&format!("{ASSETS}/{path}")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{path}");
    }
}

#[tokio::test]
async fn an_upload_needs_no_header_that_a_browser_may_not_set() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let checksum = model::Checksum::of(b"bytes");
    let upload = json!({ "file_name": "a.bin", "content_type": "application/x-bytes", "file_size": 5,
        "checksum_sha256": checksum });
    let created = acme.create(json!({ "upload": upload })).await.expect(201);
    let headers: Vec<_> = created["upload"]["headers"].as_object().unwrap().keys().collect();
    assert_eq!(headers, ["content-type", "if-none-match", "x-amz-checksum-sha256"]);
    assert_eq!(
        acme.put(&created["upload"], b"bytes!".to_vec()).await.status,
        403,
        "another length"
    );
    assert_eq!(acme.put(&created["upload"], b"bytes".to_vec()).await.status, 200);
    // A second try that worked is 412 from S3; the asset says that its bytes are there.
    assert_eq!(acme.put(&created["upload"], b"bytes".to_vec()).await.status, 412);
    let asset = acme.complete(created["data"]["id"].as_str().unwrap()).await;
    assert_eq!(asset["checksum_sha256"], json!(checksum));
}
