//! The store as its users hold it: opening, transactions, and the event queue.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use platform::Queue;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use super::blobs::Blobs;
use super::database::{self, Change};
use super::error::Error;
use super::events::{self, QueuedEvent};
use super::objects;
use super::versions;

/// Buckets, objects and the events they raise. Cheap to clone; every clone is the same store.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    database: Mutex<Connection>,
    blobs: Blobs,
    /// Those that are told of what happens.
    queues: Vec<&'static Queue>,
    /// For each queue, that an event was added.
    added: BTreeMap<&'static str, Notify>,
    // Dropped last: the lock that keeps other processes out, and a store in memory's directory.
    _lock: Option<File>,
    _directory: Option<TempDir>,
}

impl Store {
    /// Opens the store in `dir`, which is created where missing, and clears what an interrupted process left. From now on
    /// `queues` are told of what happens.
    pub fn open(dir: &Path, queues: Vec<&'static Queue>) -> Result<Self, Error> {
        fs::create_dir_all(dir)?;
        let lock = File::create(dir.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::InUse(dir.to_owned()),
            TryLockError::Error(error) => Error::Io(error),
        })?;
        let database = database::open(Some(&dir.join("s3.sqlite")))?;
        Self::start(database, Blobs::open(dir, true)?, queues, Some(lock), None)
    }

    /// Opens an empty store that ends with its last clone, and of which `queues` are told what happens.
    pub fn memory(queues: Vec<&'static Queue>) -> Result<Self, Error> {
        let directory = TempDir::new()?;
        let blobs = Blobs::open(directory.path(), false)?;
        Self::start(database::open(None)?, blobs, queues, None, Some(directory))
    }

    fn start(
        database: Connection,
        blobs: Blobs,
        queues: Vec<&'static Queue>,
        lock: Option<File>,
        directory: Option<TempDir>,
    ) -> Result<Self, Error> {
        blobs.sweep(&referenced_blobs(&database)?)?;
        events::release(&database)?;
        let mut added = BTreeMap::new();
        for queue in &queues {
            let waits = Notify::new();
            if events::count(&database, queue.name)? > 0 {
                waits.notify_one();
            }
            added.insert(queue.name, waits);
        }
        let database = Mutex::new(database);
        let shared = Shared { database, blobs, queues, added, _lock: lock, _directory: directory };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Creates a bucket; one that exists is left as it is.
    pub fn create_bucket(&self, name: &str) -> Result<(), Error> {
        self.change(|change| objects::create_bucket(change, name).map(|_| ()))
    }

    /// Has the bucket keep what is overwritten or deleted, from now on.
    pub fn keep_versions(&self, bucket: &str) -> Result<(), Error> {
        self.change(|change| versions::keep(change, bucket))
    }

    /// Removes what is kept since before `before_ms`.
    pub fn expire_versions(&self, before_ms: i64) -> Result<(), Error> {
        self.change(|change| versions::expire(change, before_ms))
    }

    /// The events of `queue` due at `now_ms`, oldest first, at most `max`. Each becomes due again at `visible_again_ms` unless it
    /// is acknowledged, put off or dead-lettered before.
    pub fn receive(
        &self,
        queue: &str,
        max: usize,
        now_ms: i64,
        visible_again_ms: i64,
    ) -> Result<Vec<QueuedEvent>, Error> {
        self.change(|change| events::receive(&change.sql, queue, max, now_ms, visible_again_ms))
    }

    /// Puts what a function sends on a queue; its id, and none where there is no such queue.
    pub fn send(&self, queue: &str, message: &str, due_ms: i64) -> Result<Option<i64>, Error> {
        let known = self.shared.queues.iter().find(|known| known.name == queue);
        known
            .map(|known| self.change(|change| change.send(known.name, message, due_ms)))
            .transpose()
    }

    /// What waits in `queue`, due or not, each with when it is due, in milliseconds since 1970: the soonest first.
    pub fn waiting(&self, queue: &str) -> Result<Vec<(i64, QueuedEvent)>, Error> {
        events::waiting(&self.database(), queue)
    }

    /// Removes events that have been handled.
    pub fn acknowledge(&self, ids: &[i64]) -> Result<(), Error> {
        self.change(|change| events::acknowledge(&change.sql, ids))
    }

    /// Puts events off until `at_ms`.
    pub fn retry_at(&self, ids: &[i64], at_ms: i64) -> Result<(), Error> {
        self.change(|change| events::retry_at(&change.sql, ids, at_ms))
    }

    /// Moves events that nothing could handle to the dead letters.
    pub fn dead_letter(&self, ids: &[i64]) -> Result<(), Error> {
        self.change(|change| events::dead_letter(&change.sql, ids))
    }

    /// The events that nothing could handle, oldest first.
    pub fn dead_letters(&self) -> Result<Vec<QueuedEvent>, Error> {
        events::dead_letters(&self.database())
    }

    /// The number of events of `queue` that wait, due or not.
    pub fn pending_events(&self, queue: &str) -> Result<usize, Error> {
        events::count(&self.database(), queue)
    }

    /// Resolves when an event of `queue` may have been added since the last call, and at once in a store opened with
    /// some.
    pub async fn event_added(&self, queue: &str) {
        self.shared.added[queue].notified().await;
    }

    pub(super) fn blobs(&self) -> &Blobs {
        &self.shared.blobs
    }

    /// Runs `work` where it may block: on files, on the database, on a checksum.
    pub(super) async fn blocking<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    {
        let store = self.clone();
        spawn_blocking(move || work(&store)).await?
    }

    /// Runs a query. Blocks.
    pub(super) fn query<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        query(&self.database())
    }

    /// Runs a change as one transaction: all of it with its events, or, when `work` fails, nothing. Blocks.
    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&mut Change<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut database = self.database();
        let mut change = Change::begin(&mut database, &self.shared.queues, now_ms())?;
        let outcome = work(&mut change)?;
        let aftermath = change.commit()?;
        drop(database);
        for blob in &aftermath.garbage {
            self.shared.blobs.remove(blob);
        }
        if let Some(queue) = aftermath.raised {
            self.shared.added[queue].notify_one();
        }
        Ok(outcome)
    }

    /// A panic elsewhere rolled its transaction back, so the connection behind a poisoned lock is sound.
    fn database(&self) -> MutexGuard<'_, Connection> {
        self.shared.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every blob that a row names.
const BLOBS: &str = "SELECT blob FROM objects UNION ALL SELECT blob FROM parts
    UNION ALL SELECT blob FROM versions WHERE blob IS NOT NULL";

fn referenced_blobs(database: &Connection) -> Result<HashSet<String>, Error> {
    let mut query = database.prepare(BLOBS)?;
    let blobs = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(blobs)
}

/// Milliseconds since 1970. The one place where the store asks what time it is.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
