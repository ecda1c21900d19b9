//! How fast a running store takes uploads: half by signed link, half by producers with access to the
//! bucket. Start `cargo dev` first, and `. .local/env`; `cargo bench -p tests --bench uploads -- 10000`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails by panicking"
)]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use futures::stream::{self, StreamExt};
use serde_json::json;
use tests::{Client, fixture};

/// How many uploads are under way at a time.
const AT_ONCE: usize = 32;

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(1000);
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (url, key) = (variable("ASSETS_URL"), variable("ASSETS_API_KEY"));
    let client = Client::new(url, key, "demo");
    let s3 = s3(&variable);
    let bucket = variable("ASSETS_BUCKET");
    let run = format!("bench-{}", std::process::id());
    let png = fixture("sample.png");

    let start = Instant::now();
    let uploads = stream::iter(0..count).map(async |n| {
        if n % 2 == 0 {
            let upload = json!({ "file_name": format!("{n}.png"), "content_type": "image/png" });
            let body = json!({ "execution_id": run, "upload": upload });
            let created = client.create(body).await.expect(201);
            assert_eq!(client.put(&created["upload"], png.clone()).await.status, 200);
        } else {
            let key = format!("workspaces/demo/executions/{run}/{n}.png");
            let put = s3.put_object().bucket(&bucket).key(key).body(ByteStream::from(png.clone()));
            put.send().await.unwrap();
        }
    });
    uploads.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    let uploaded = start.elapsed();
    let mut listed = Vec::new();
    while listed.len() < count {
        // Rarely: listing so many takes the store's time too.
        tokio::time::sleep(Duration::from_secs(10)).await;
        listed = client.list(&format!("execution_id={run}&limit=200")).await;
    }
    let ingested = start.elapsed();
    assert_eq!(listed.len(), count, "every upload is an asset");
    assert_eq!(listed.iter().collect::<HashSet<_>>().len(), count, "and none twice");
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = count as f64 / ingested.as_secs_f64();
    println!(
        "{count} uploads in {uploaded:.1?}, all ingested after {ingested:.1?}: {rate:.0} a second"
    );
}

fn s3(variable: &impl Fn(&str) -> String) -> aws_sdk_s3::Client {
    let endpoint = variable("ASSETS_S3_URL");
    let credentials = Credentials::new(
        variable("ASSETS_ACCESS_KEY_ID"),
        variable("ASSETS_SECRET_ACCESS_KEY"),
        None,
        None,
        "bench",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("ASSETS_REGION")))
        .credentials_provider(credentials)
        .http_client(platform::aws::http_client(Some(&endpoint)).unwrap())
        .endpoint_url(endpoint)
        .force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}
