//! What is in a log, and what never is.

use std::io::Write;
use std::sync::{Arc, Mutex};

use local::functions;
use serde_json::{Value, json};
use tests::{World, fixture};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;

/// All that is logged in this thread, in which a test and its functions run.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Logs as a function does whose `RUST_LOG` is `wanted`, until the guard is dropped.
    fn start(wanted: &str) -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            api::telemetry::subscriber(EnvFilter::new(wanted), &functions::names(), move || {
                writer.clone()
            });
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that a caller can have done with an asset whose every text is a secret.
async fn use_it(world: &World) -> Vec<String> {
    let acme = world.workspace("acme").await;
    let fields = json!({
        "prompt": "secret-prompt", "title": "secret-title", "tags": { "brand": ["secret-tag"] },
        "metadata": { "note": "secret-metadata" },
    });
    let text = acme.write("secret-content", fields.clone()).await;
    let image = acme.upload_with("secret-name.png", fixture("sample.png"), fields).await;
    let mut links = Vec::new();
    for asset in [&text, &image] {
        let id = asset["id"].as_str().unwrap();
        let link = acme.get(&format!("/api/v1/assets/{id}/signed-url")).await.expect(200);
        links.push(link["data"]["url"].as_str().unwrap().to_owned());
        for tool in ["get_asset", "get_asset_url", "list_assets"] {
            let arguments = if tool == "list_assets" { json!({}) } else { json!({ "id": id }) };
            let params = json!({ "name": tool, "arguments": arguments });
            let call =
                json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            acme.post("/mcp", call).await.expect(200);
        }
        let wrong = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": { "name": "get_asset", "arguments": { "id": "secret-argument" } } });
        acme.post("/mcp", wrong).await.expect(200);
    }
    acme.get("/api/assets?limit=10").await.expect(200);
    acme.get("/api/v1/assets?q=secret-title&page=1").await.expect(200);
    acme.create(json!({ "prompt": 7, "title": "secret-title" })).await.expect(400);
    links.push(acme.key.clone());
    links
}

#[tokio::test]
async fn no_link_and_no_content_is_in_a_log_at_any_level() {
    let world = World::in_process().await;
    let (log, _guard) = Log::start("trace");
    let links = use_it(&world).await;
    let log = log.text();
    assert!(log.contains("an event was handled"), "it is a log: {log}");
    for secret in links.iter().map(String::as_str).chain(["secret-", "X-Amz-Signature"]) {
        let found = log.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "{secret} is in the log: {found:?}");
    }
}

#[tokio::test]
async fn every_line_is_json_without_a_name_twice() {
    let world = World::quiet().await;
    let (log, _guard) = Log::start("info");
    let acme = world.workspace("acme").await;
    acme.write("text", json!({})).await;
    let ingest = world.ingest();
    let readable = json!({ "Records": [{ "messageId": "m1", "body": "{}" }] });
    ingest::handle(&ingest, readable).await.unwrap();
    // Storage dies on it: the message is to be delivered again.
    let notice = world.take_events().pop().unwrap();
    let again = json!({ "Records": [{ "messageId": "m2", "body": notice }] });
    let broken = objects_elsewhere(&world);
    let answer = ingest::handle(&broken, again).await.unwrap();
    assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], "m2");
    let log = log.text();
    assert!(log.contains("a message is to be delivered again"), "{log}");
    assert!(log.contains("\"message_id\":\"m2\""), "{log}");
    for line in log.lines() {
        assert_eq!(names(line), 1, "one message: {line}");
        serde_json::from_str::<Value>(line).unwrap();
    }
}

/// How often a line has the name `message`.
fn names(line: &str) -> usize {
    line.matches("\"message\":").count()
}

/// What `ingest` works with where no bucket answers.
fn objects_elsewhere(world: &World) -> ingest::Deps {
    use aws_sdk_s3::config::Region;
    let nowhere = Some("http://127.0.0.1:1".to_owned());
    let http = platform::aws::http_client(nowhere.as_deref()).unwrap();
    let (region, keys) = (Region::from_static("us-east-1"), world.engines.credentials());
    let bucket = local::engines::BUCKET;
    let objects = objects::Objects::new(bucket, nowhere.clone(), nowhere, true, region, keys, http);
    ingest::Deps { objects, ..world.ingest() }
}
