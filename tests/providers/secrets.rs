//! What nobody is told: keys of providers, and the addresses of webhooks.

use std::io::Write;
use std::sync::{Arc, Mutex};

use local::functions;
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use crate::bench::{Bench, KEY, each, has_ended};
use crate::cases::LATER;
use crate::listener::Listener;

/// All that is logged in this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_key_and_no_webhook_s_address_is_told() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        api::telemetry::subscriber(EnvFilter::new("trace"), &functions::names(), move || {
            writer.clone()
        });
    let _guard = tracing::subscriber::set_default(subscriber);
    let listener = Listener::start();
    let bench = Bench::with(&[("PUBLIC_URL", &listener.url)]).await;
    let mut told = vec![bench.acme.get("/api/v1/providers").await.json.to_string()];
    for words in ["", "outcome:invalid", "outcome:flaky=1", "outcome:fail", "outcome:refused"] {
        for asked in bench.ask_all(each(), words).await {
            told.push(asked.generation.to_string());
            let so = |found: &Value| has_ended(found) || found["status"] == "unresolved";
            told.push(bench.until(&asked, so).await.to_string());
        }
    }
    let asked = bench.ask(LATER[1], "outcome:expired").await;
    told.push(bench.in_state(&asked, "fetching").await.to_string());
    told.push(bench.acme.get("/api/v1/generations?limit=200").await.json.to_string());
    told.push(bench.acme.get("/api/v1/assets?limit=200").await.json.to_string());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("nobody knows what became of a job"), "{log}");
    told.push(log);
    for text in told {
        for secret in [KEY, "/api/v1/callbacks/fal/acme."] {
            assert!(!text.contains(secret), "{}", line_with(&text, secret));
        }
    }
}

fn line_with<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines().find(|line| line.contains(part)).unwrap_or_default()
}
