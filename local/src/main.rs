//! `cargo dev`: the whole store on this machine.

use std::path::{Path, PathBuf};

use clap::Parser;
use local::Result;
use local::engines::Ports;
use local::server::{Config, Server};
use local::{private, shell};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Runs the asset store on this machine, over embedded engines.
#[derive(Debug, Parser)]
#[command(name = "cargo dev", version)]
struct Args {
    /// Keep nothing: everything is gone at the end.
    #[arg(long)]
    memory: bool,
    /// Where the data is kept, and the environment to use it is written.
    #[arg(long, default_value = ".local")]
    data_dir: PathBuf,
    /// The API's port; 0 picks a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// DynamoDB's port; 0 picks a free one.
    #[arg(long, default_value_t = 8000)]
    dynamodb_port: u16,
    /// S3's port; 0 picks a free one.
    #[arg(long, default_value_t = 9000)]
    s3_port: u16,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let filter =
        api::telemetry::bounded(api::telemetry::wanted("warn"), &local::functions::names());
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    local::files::raise_limit()?;
    private::create_directory(&args.data_dir)?;
    let config = Config {
        directory: (!args.memory).then(|| args.data_dir.clone()),
        port: args.port,
        engines: Ports { dynamodb: args.dynamodb_port, s3: args.s3_port },
    };
    let server = Server::start(&config).await?;
    let file = shell::write(&server, &args.data_dir, args.memory)?;
    announce(&server, &file, args.memory);
    shutdown_asked().await?;
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}

/// Ctrl-C, or the signal by which process managers end a program.
async fn shutdown_asked() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn announce(server: &Server, file: &Path, memory: bool) {
    let (url, key) = (&server.url, server.api_key.reveal());
    let (env, engines) = (file.display(), &server.engines);
    let kept = if memory {
        "in memory, gone when this ends".to_owned()
    } else {
        file.parent().unwrap_or(file).display().to_string()
    };
    println!(
        r#"
The asset store is running. Ctrl-C ends it.

  API        {url}
  API key    {key}   (workspace demo, every scope)
  DynamoDB   {dynamodb}   (table {table})
  S3         {s3}   (bucket {bucket})
  Data       {kept}
  Shell      . {env}   (sets ASSETS_* and nothing else)

Upload a file (it is listed within a second), list, download:

  . {env}
  curl -sS -T tests/fixtures/media/sample.png --user "$ASSETS_ACCESS_KEY_ID:$ASSETS_SECRET_ACCESS_KEY" --aws-sigv4 "aws:amz:$ASSETS_REGION:s3" -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -H 'x-amz-meta-title: My first asset' "$ASSETS_S3_URL/$ASSETS_BUCKET/workspaces/demo/executions/first/sample.png" && sleep 1
  curl -sS -H "X-API-Key: $ASSETS_API_KEY" "$ASSETS_URL/api/v1/assets"
  curl -sS -H "X-API-Key: $ASSETS_API_KEY" "$ASSETS_URL/api/v1/assets?q=sample.png&limit=1" | sed 's/.*"id":"\([^"]*\)".*/\1/' | xargs -I {{}} curl -sS -H "X-API-Key: $ASSETS_API_KEY" "$ASSETS_URL/api/v1/assets/{{}}/signed-url" | sed 's/.*"url":"\([^"]*\)".*/\1/' | xargs curl -sS -o download.png
"#,
        dynamodb = engines.dynamodb_url,
        s3 = engines.s3_url,
        table = local::engines::TABLE,
        bucket = local::engines::BUCKET,
    );
}
