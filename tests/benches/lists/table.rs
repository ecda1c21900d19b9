//! A table that holds the workspaces, behind an embedded DynamoDB.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::types::{AttributeValue as Value, Item, item_size};
use dynoxide::{Database, ImportOptions};
use model::due::Settings;
use model::store::{bulk, schema};
use model::{Checksum, Store};
use tests::Wire;
use tokio::net::TcpListener;

use crate::workspace::Workspace;

const TABLE: &str = "agent-assets";
/// How many items are written in one go.
const CHUNK: usize = 5_000;
/// How much of the disk an asset takes in the engine's file with all that is kept of it, at most.
const BYTES_PER_ASSET: u64 = 30_000;

/// The table, filled.
pub(crate) struct Table {
    /// The store over it.
    pub(crate) store: Store,
    /// What the store asks of it.
    pub(crate) wire: Wire,
    /// What filling it took; none where it was kept from before.
    pub(crate) loading: Option<Loading>,
    _files: Files,
}

/// What loading took.
#[derive(Default)]
pub(crate) struct Loading {
    assets: usize,
    items: usize,
    /// As DynamoDB counts them, without indexes.
    bytes: usize,
    /// Those of the assets' own items.
    asset_bytes: usize,
    file: u64,
    time: Duration,
}

impl fmt::Display for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { assets, items, bytes, asset_bytes, file, time } = self;
        write!(
            f,
            "Loaded {assets} assets ({items} items, {} MB without indexes; an asset's own item has \
             {} bytes) in {time:.0?}, into a file of {} MB.",
            bytes / 1_000_000,
            asset_bytes / assets,
            file / 1_000_000
        )
    }
}

impl Table {
    /// The table with exactly these workspaces: in `keep`, where it is left and taken again if it was
    /// made of the same, or in a directory that is emptied at the end.
    pub(crate) async fn open(workspaces: &[Workspace], keep: Option<&Path>) -> Self {
        let directory = keep.map_or_else(Files::scratch, Path::to_owned);
        let files = Files::open(directory, keep.is_some());
        let fingerprint = fingerprint(workspaces);
        let made_of = std::fs::read_to_string(files.path(MADE_OF));
        let kept = made_of.is_ok_and(|text| text == fingerprint);
        if !kept {
            files.clear();
            require_space(&files.directory, workspaces);
        }
        let file = files.path(DATABASE);
        let database = Database::new(&file.to_string_lossy()).unwrap();
        // The file is worth nothing if the machine fails meanwhile, and reading profits from the
        // larger cache too.
        database.enable_bulk_loading().unwrap();
        let (client, wire) = serve(database.clone()).await;
        let loading = if kept {
            None
        } else {
            schema::create(&client, TABLE).await.unwrap();
            let mut loading = tokio::task::block_in_place(|| load(&database, workspaces));
            std::fs::write(files.path(MADE_OF), fingerprint).unwrap();
            loading.file = std::fs::metadata(&file).unwrap().len();
            Some(loading)
        };
        Self { store: Store::new(client, TABLE), wire, loading, _files: files }
    }
}

/// The engine's own file, beside which it puts others.
const DATABASE: &str = "lists.sqlite";
/// What the table was made of, once it is complete.
const MADE_OF: &str = "lists.made-of";

/// Where the table is, for one run at a time.
struct Files {
    directory: PathBuf,
    stay: bool,
    /// Held as long as the run lives, however it ends.
    _lock: File,
}

impl Files {
    /// Always the same, so that a run takes back the disk that an interrupted one left occupied.
    fn scratch() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("lists")
    }

    fn open(directory: PathBuf, stay: bool) -> Self {
        std::fs::create_dir_all(&directory).unwrap();
        let lock = File::create(directory.join("lists.lock")).unwrap();
        if let Err(error) = lock.try_lock() {
            panic!("{} is in use by another run: {error}", directory.display());
        }
        Self { directory, stay, _lock: lock }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn clear(&self) {
        let beside = |end: &str| format!("{DATABASE}{end}");
        for name in [MADE_OF.to_owned(), beside(""), beside("-wal"), beside("-shm")] {
            let path = self.path(&name);
            if path.exists() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if !self.stay {
            self.clear();
        }
    }
}

/// Fails early where the disk is too small.
fn require_space(directory: &Path, workspaces: &[Workspace]) {
    let disk = rustix::fs::statvfs(directory).unwrap();
    let free = disk.f_bavail * disk.f_frsize;
    let assets: usize = workspaces.iter().map(|workspace| workspace.assets.len()).sum();
    let needed = assets as u64 * BYTES_PER_ASSET;
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    assert!(
        free > needed,
        "up to {:.1} GB of disk are needed, {:.1} GB are free: ask for fewer with --assets",
        gigabytes(needed),
        gigabytes(free)
    );
}

/// Serves the database on a loopback port, without the queues, stream and sweeps of [`local::engines`].
async fn serve(database: Database) -> (aws_sdk_dynamodb::Client, Wire) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let wire = Wire::new(platform::aws::http_client(Some(&url)).unwrap());
    let credentials = Credentials::new("local", "local-secret", None, None, "bench");
    let region = Region::from_static("us-east-1");
    (platform::aws::dynamodb(Some(url), region, credentials, wire.client()), wire)
}

/// Says of what a table is made: of which workspaces, and how their records are stored.
fn fingerprint(workspaces: &[Workspace]) -> String {
    let mut text = format!("{:?}\n", schema::indexes().collect::<Vec<_>>());
    for workspace in workspaces {
        let assets = &workspace.assets;
        let sample: Vec<_> = assets.iter().step_by(assets.len().div_ceil(100)).collect();
        let items = bulk::items(&workspace.record(0), &Settings::default()).unwrap();
        // As JSON, whose objects are sorted, as the maps in an item are not.
        let items = items.into_iter().map(|item| serde_json::to_value(converted(item)).unwrap());
        let items: Vec<_> = items.collect();
        let digest = Checksum::of(format!("{sample:?} {items:?}").as_bytes());
        writeln!(text, "{} {} {digest}", workspace.id, workspace.seed).unwrap();
    }
    text
}

/// Items to be written in one go.
#[derive(Default)]
struct Chunk {
    items: Vec<Item>,
    assets: usize,
    asset_bytes: usize,
}

/// Writes everything; one thread makes the items, this one stores them.
fn load(database: &Database, workspaces: &[Workspace]) -> Loading {
    let start = Instant::now();
    let mut loading = Loading::default();
    std::thread::scope(|scope| {
        let (chunks, made) = mpsc::sync_channel(2);
        scope.spawn(move || workspaces.iter().for_each(|workspace| make(workspace, &chunks)));
        let mut told = start;
        for Chunk { items, assets, asset_bytes } in made {
            loading.items += items.len();
            // By default, nothing of it goes into the stream.
            let imported = database.import_items(TABLE, items, ImportOptions::default());
            loading.bytes += imported.unwrap().bytes_imported;
            loading.assets += assets;
            loading.asset_bytes += asset_bytes;
            if told.elapsed() > Duration::from_secs(30) {
                told = Instant::now();
                eprintln!("{} assets loaded after {:.0?}", loading.assets, start.elapsed());
            }
        }
    });
    loading.time = start.elapsed();
    loading
}

/// Makes the items of a workspace's assets, and their counters.
fn make(workspace: &Workspace, chunks: &mpsc::SyncSender<Chunk>) {
    let mut chunk = Chunk::default();
    for place in 0..workspace.assets.len() {
        let items = bulk::items(&workspace.record(place), &Settings::default()).unwrap();
        let first = chunk.items.len();
        chunk.items.extend(items.into_iter().map(converted));
        chunk.assets += 1;
        chunk.asset_bytes += item_size(&chunk.items[first]);
        if chunk.items.len() >= CHUNK {
            chunks.send(std::mem::take(&mut chunk)).unwrap();
        }
    }
    chunks.send(chunk).unwrap();
    let counted: Vec<_> = workspace.counted().collect();
    for counters in bulk::counters(&counted).chunks(CHUNK) {
        let items = counters.iter().cloned().map(converted).collect();
        chunks.send(Chunk { items, ..Chunk::default() }).unwrap();
    }
}

/// An item as the engine takes it.
fn converted(item: HashMap<String, AttributeValue>) -> Item {
    item.into_iter().map(|(name, value)| (name, value_of(value))).collect()
}

fn value_of(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::S(text),
        AttributeValue::N(number) => Value::N(number),
        AttributeValue::B(bytes) => Value::B(bytes.into_inner()),
        AttributeValue::Bool(flag) => Value::BOOL(flag),
        AttributeValue::L(values) => Value::L(values.into_iter().map(value_of).collect()),
        AttributeValue::M(map) => Value::M(converted(map)),
        other => panic!("no record holds {other:?}"),
    }
}
