//! `cargo dev`: the whole store on this machine.

use std::path::{Path, PathBuf};

use clap::Parser;
use local::Result;
use local::engines::Ports;
use local::server::{Config, Server, write_private};
use tracing_subscriber::EnvFilter;

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
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,s3s=off,dynoxide=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    std::fs::create_dir_all(&args.data_dir)?;
    let config = Config {
        directory: (!args.memory).then(|| args.data_dir.clone()),
        port: args.port,
        engines: Ports { dynamodb: args.dynamodb_port, s3: args.s3_port },
    };
    let server = Server::start(&config).await?;
    let file = args.data_dir.join("env");
    let mut exports = server.environment();
    if !args.memory {
        let key = args.data_dir.join(local::engines::EXPORT_PUBLIC_KEY);
        exports.push(("EXPORT_PUBLIC_KEY", key.canonicalize()?.display().to_string()));
    }
    let exports = exports.iter().map(|(name, value)| format!("export {name}='{value}'\n"));
    write_private(&file, &exports.collect::<Vec<_>>().concat())?;
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
  DynamoDB   {dynamodb}
  S3         {s3}   (bucket {bucket}, access key {access}, secret {secret})
  Data       {kept}
  Shell      . {env}

Upload a file (it is listed within a second), list, download:

  curl -sS -T tests/fixtures/media/sample.png --user {access}:{secret} --aws-sigv4 aws:amz:{region}:s3 -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -H 'x-amz-meta-title: My first asset' {s3}/{bucket}/workspaces/demo/executions/first/sample.png && sleep 1
  curl -sS -H 'X-API-Key: {key}' {url}/api/v1/assets
  curl -sS -H 'X-API-Key: {key}' '{url}/api/v1/assets?q=sample.png&limit=1' | sed 's/.*"id":"\([^"]*\)".*/\1/' | xargs -I {{}} curl -sS -H 'X-API-Key: {key}' {url}/api/v1/assets/{{}}/signed-url | sed 's/.*"url":"\([^"]*\)".*/\1/' | xargs curl -sS -o download.png
"#,
        dynamodb = engines.dynamodb_url,
        s3 = engines.s3_url,
        bucket = local::engines::BUCKET,
        access = local::engines::ACCESS_KEY_ID,
        secret = local::engines::SECRET_KEY,
        region = local::engines::REGION,
    );
}
