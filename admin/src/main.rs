//! The operator's command: API keys, retention, parked events, cleanup's brake, keys for providers of media, and
//! the check of an export's archive.
//!
//! All but the last two reach the table named by `--table` or `TABLE_NAME`, with the ordinary AWS credential chain;
//! where none is named, that of the store on this machine, which `. .local/env` tells.
#![expect(clippy::print_stdout, reason = "printing is what a command is for")]

mod credentials;
mod media;

use std::fmt::Display;
use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use archive::PublicKey;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::Region;
use clap::{Parser, Subcommand};
use model::api_key::{ApiKey, KeyPrefix, KeyRecord};
use model::brake::{self, Confirmation, Stop, Watch};
use model::due::Settings;
use model::{Clock, Rate, ScopeSet, ShortText, Status, Store, Timestamp, WorkspaceId};
use platform::{Environment, aws};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Operates an asset store.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The store's table on AWS; without one, the laptop's store that `. .local/env` names.
    #[arg(long, env = "TABLE_NAME", global = true, default_value = "")]
    table: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Table(OnTable),
    /// Keys for the providers of media.
    #[command(subcommand)]
    Credentials(credentials::Command),
    /// Checks an export's archive, without a network: that it is what the key's owner made, to the byte.
    VerifyExport {
        /// The archive.
        file: PathBuf,
        /// The public key, as the export names it: PEM.
        #[arg(long, env = "ASSETS_EXPORT_PUBLIC_KEY")]
        public_key: PathBuf,
    },
}

/// What is done on the store's table.
#[derive(Debug, Subcommand)]
enum OnTable {
    /// API keys.
    #[command(subcommand)]
    Keys(Keys),
    /// How long a workspace keeps what is not changed.
    #[command(subcommand)]
    Retention(Retention),
    /// What a workspace may spend on media.
    #[command(subcommand)]
    Budget(media::BudgetCommand),
    /// A workspace's defaults for media tools.
    #[command(subcommand)]
    Tools(media::ToolsCommand),
    /// Shows the events that could not be understood, of the last two weeks.
    Parked,
    /// Whether cleanup goes on, and what to do where the brake is on.
    #[command(subcommand)]
    Cleanup(Cleanup),
    /// Files what was stored before words were compared in any spelling where it is found now. Once,
    /// after an upgrade; stopped, it begins again and goes on.
    Refold,
}

#[derive(Debug, Subcommand)]
enum Keys {
    /// Makes a key and shows it, this once.
    Create {
        /// The workspace that the key opens.
        #[arg(long)]
        workspace: WorkspaceId,
        /// For people.
        #[arg(long)]
        name: ShortText,
        /// assets:read, assets:write, assets:review, assets:delete, media:generate or *, comma-separated.
        #[arg(long)]
        scopes: ScopeSet,
        /// After what time it stops working, such as 90d or 12h; by default never.
        #[arg(long, value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
        /// How many requests a second it may send to one process of a function; by default as many as others.
        #[arg(long)]
        rate: Option<NonZeroU32>,
        /// How many it may send at once; by default as many as in a second.
        #[arg(long, requires = "rate")]
        burst: Option<NonZeroU32>,
    },
    /// Shows a workspace's keys.
    List {
        /// The workspace.
        #[arg(long)]
        workspace: WorkspaceId,
    },
    /// Ends a key for good; running functions notice within a minute.
    Revoke {
        /// The 8 characters after tnx_.
        prefix: KeyPrefix,
    },
}

#[derive(Debug, Subcommand)]
enum Cleanup {
    /// Shows whether the brake is on, what was seen, and what was confirmed.
    Status,
    /// Confirms that what was seen to be lost is lost: cleanup goes on with that, for a day.
    Confirm {
        /// Who confirms it: it stays on record.
        #[arg(long, env = "USER")]
        by: ShortText,
    },
}

#[derive(Debug, Subcommand)]
enum Retention {
    /// Shows a workspace's retention.
    Show {
        /// The workspace.
        #[arg(long)]
        workspace: WorkspaceId,
    },
    /// Sets a workspace's retention, in place of what was set before.
    Set {
        /// The workspace.
        #[arg(long)]
        workspace: WorkspaceId,
        /// Such as draft=30 archived=7: days without a change, by status; none keeps everything.
        #[arg(value_parser = parse_retention)]
        days: Vec<(Status, u32)>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", model::error::chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Error> {
    match args.command {
        Command::Table(command) => on_table(args.table, command).await,
        Command::Credentials(command) => credentials::run(&args.table, command).await,
        Command::VerifyExport { file, public_key } => verify_export(&file, &public_key),
    }
}

async fn on_table(table: String, command: OnTable) -> Result<(), Error> {
    let store = if table.is_empty() { laptop()? } else { deployed(table).await? };
    let now = Clock::system().now();
    match command {
        OnTable::Keys(command) => keys(&store, command, now).await,
        OnTable::Retention(command) => retention(&store, command).await,
        OnTable::Budget(command) => media::budget(&store, command, now).await,
        OnTable::Tools(command) => media::tools(&store, command).await,
        OnTable::Cleanup(command) => cleanup(&store, command, now).await,
        OnTable::Parked => {
            for event in store.parked().await? {
                println!("{}  {}\n  {}", event.parked_at, event.reason, event.body);
            }
            Ok(())
        }
        OnTable::Refold => refold(&store).await,
    }
}

async fn refold(store: &Store) -> Result<(), Error> {
    const SLICE: i32 = 200;
    let (mut all, mut position) = (0, None);
    loop {
        let (written, next) = store.refold(position, SLICE).await?;
        all += written;
        position = next;
        if position.is_none() {
            println!("{all} assets were written anew; totals follow within moments");
            return Ok(());
        }
    }
}

/// The store in a table on AWS, reached as AWS's own tools would.
async fn deployed(table: String) -> Result<Store, Error> {
    let config = aws_settings("AWS_ENDPOINT_URL_DYNAMODB").await?;
    Ok(Store::new(aws_sdk_dynamodb::Client::new(&config), table))
}

/// The way to AWS's services, of which `endpoint` may say that the wanted one is elsewhere.
async fn aws_settings(endpoint: &str) -> Result<aws_config::SdkConfig, Error> {
    let endpoint = Environment::of_process().optional(endpoint);
    let http = aws::http_client(endpoint.as_deref())?;
    let behavior = aws_config::BehaviorVersion::latest();
    Ok(aws_config::defaults(behavior).http_client(http).load().await)
}

/// The laptop's store.
fn laptop() -> Result<Store, Error> {
    let environment = Environment::of_process();
    let Some(table) = environment.optional("ASSETS_TABLE") else {
        let how = "name the table with --table or TABLE_NAME, or, for the store on this machine, \
                   set its environment with `. .local/env`";
        return Err(how.into());
    };
    let variable = |name| environment.variable(name);
    let (id, secret) = (variable("ASSETS_ACCESS_KEY_ID")?, variable("ASSETS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(id, secret, None, None, "environment");
    let (endpoint, region) = (variable("ASSETS_DYNAMODB_URL")?, variable("ASSETS_REGION")?);
    let http = aws::http_client(Some(&endpoint))?;
    let client = aws::dynamodb(Some(endpoint), Region::new(region), credentials, http);
    Ok(Store::new(client, table))
}

/// Says what an archive holds, or, as an error, what of it is not as it was written.
fn verify_export(file: &Path, public_key: &Path) -> Result<(), Error> {
    let about = |path: &Path, why: &dyn Display| format!("{}: {why}", path.display());
    let pem = std::fs::read_to_string(public_key).map_err(|why| about(public_key, &why))?;
    let key: PublicKey = pem.parse().map_err(|why| about(public_key, &why))?;
    let open = || File::open(file).map(BufReader::new).map_err(|why| about(file, &why));
    let verified = archive::verify(open()?, open()?, &key).map_err(|why| about(file, &why))?;
    let differences = verified.differences.iter().map(ToString::to_string);
    let differences = differences.collect::<Vec<_>>().join("\n       ");
    let manifest = verified.manifest.filter(|_| differences.is_empty());
    let Some(manifest) = manifest else { return Err(about(file, &differences).into()) };
    let bytes: u64 = manifest.files.iter().map(|entry| entry.size).sum();
    println!(
        "{}: export {} of {}, {} files of {bytes} bytes, {} left out; signed by {}, unaltered",
        file.display(),
        manifest.export_id,
        manifest.workspace_id,
        manifest.files.len(),
        manifest.left_out.len(),
        manifest.key_id,
    );
    Ok(())
}

async fn keys(store: &Store, command: Keys, now: Timestamp) -> Result<(), Error> {
    match command {
        Keys::Create { workspace, name, scopes, expires_in, rate, burst } => {
            let life = expires_in.map(|life| i64::try_from(life.as_millis())).transpose()?;
            let key = ApiKey::random();
            let mut record = KeyRecord::new(&key, workspace.clone(), name, scopes, now);
            record.expires_at = life.map(|life| now.plus(life));
            let burst = |per_second| burst.unwrap_or(per_second);
            record.rate = rate.map(|per_second| Rate { per_second, burst: burst(per_second) });
            store.create_key(&workspace, &record).await?;
            println!("{}", key.reveal());
            eprintln!("This is the only time that the key is shown: only its digest is kept.");
        }
        Keys::List { workspace } => {
            for key in store.list_keys(&workspace).await? {
                println!("{}", describe(&key, now));
            }
        }
        Keys::Revoke { prefix } => match store.revoke_key(&prefix, now).await {
            Err(model::Error::NotFound) => return Err(format!("there is no key {prefix}").into()),
            revoked => {
                revoked?;
                println!("{prefix} is revoked; running functions notice within a minute");
            }
        },
    }
    Ok(())
}

fn describe(key: &KeyRecord, now: Timestamp) -> String {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "active".to_owned(),
    };
    let rate =
        key.rate.map(|rate| format!("  {} a second, {} at once", rate.per_second, rate.burst));
    let rate = rate.unwrap_or_default();
    format!("{}  {}  {}  made {}  {state}{rate}", key.prefix, key.name, key.scopes, key.created_at)
}

/// The most confirmations that are shown.
const CONFIRMATIONS: i32 = 10;

async fn cleanup(store: &Store, command: Cleanup, now: Timestamp) -> Result<(), Error> {
    let watch: Watch = store.checkpoint(brake::JOB).await?.unwrap_or_default();
    let Some(stop) = watch.stop else {
        println!("cleanup goes on; there is nothing to confirm");
        return confirmations(store).await;
    };
    match command {
        Cleanup::Status => {
            println!("{}", stopped(&stop));
            confirmations(store).await
        }
        Cleanup::Confirm { by } => {
            let confirmation = Confirmation::of(&stop, by, now).ok_or_else(|| {
                format!("{}; confirm once all records were counted", stopped(&stop))
            })?;
            store.confirm(&confirmation).await?;
            println!("{}", confirmed(&confirmation));
            Ok(())
        }
    }
}

async fn confirmations(store: &Store) -> Result<(), Error> {
    for confirmation in store.confirmations(CONFIRMATIONS).await? {
        println!("{}", confirmed(&confirmation));
    }
    Ok(())
}

fn stopped(stop: &Stop) -> String {
    let Stop { since, why, bucket, lost, of, counted } = stop;
    let counted = if *counted { "" } else { ", counted so far" };
    format!(
        "the brake is on since {since}: {}; {lost} of {of} assets have no object in {bucket}{counted}",
        why.as_str()
    )
}

fn confirmed(confirmation: &Confirmation) -> String {
    let Confirmation { at, by, until, stop } = confirmation;
    let Stop { lost, of, bucket, .. } = stop;
    format!(
        "{by} confirmed at {at} that {lost} of {of} in {bucket} are lost; it holds until {until}"
    )
}

async fn retention(store: &Store, command: Retention) -> Result<(), Error> {
    let (workspace, settings) = match command {
        Retention::Show { workspace } => {
            let settings = store.settings(&workspace).await?;
            (workspace, settings)
        }
        Retention::Set { workspace, days } => {
            let settings = Settings { retention_days: days.into_iter().collect() };
            store.set_settings(&workspace, &settings).await?;
            (workspace, settings)
        }
    };
    if settings.retention_days.is_empty() {
        println!("{workspace} keeps everything");
    }
    for (status, days) in settings.retention_days {
        println!("{workspace} removes what was {} for {days} days", status.as_str());
    }
    Ok(())
}

fn parse_retention(text: &str) -> Result<(Status, u32), String> {
    let parsed = text.split_once('=').and_then(|(status, days)| {
        let status = Status::ALL.into_iter().find(|known| known.as_str() == status)?;
        Some((status, days.parse().ok().filter(|days: &u32| (1..=36_500).contains(days))?))
    });
    parsed.ok_or_else(|| "expected STATUS=DAYS, such as draft=30, with 1 to 36500 days".to_owned())
}
