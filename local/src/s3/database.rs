//! The one `SQLite` connection: opening it, and what a writing transaction leaves to do once it has committed.

use std::path::Path;

use platform::Queue;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::Error;
use super::events::{self, Event};

const SCHEMA: &str = include_str!("schema.sql");

/// Opens the database file, or one in memory, and brings the schema in.
///
/// WAL with `synchronous = FULL`: the blob has been synced to disk by the time its row commits, so a commit that a
/// power cut could take back would be the weak link. One small sync per write is what that costs.
pub(super) fn open(file: Option<&Path>) -> Result<Connection, Error> {
    let connection = match file {
        Some(file) => Connection::open(file)?,
        None => Connection::open_in_memory()?,
    };
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )?;
    connection.execute_batch(SCHEMA)?;
    add_column(&connection, "buckets", "versioned", "INTEGER NOT NULL DEFAULT 0")?;
    add_column(&connection, "objects", "version", "TEXT")?;
    Ok(connection)
}

/// Adds a column that stores of before do not have.
fn add_column(sql: &Connection, table: &str, name: &str, kind: &str) -> Result<(), Error> {
    let mut columns = sql.prepare("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2")?;
    if !columns.exists([table, name])? {
        sql.execute(&format!("ALTER TABLE {table} ADD COLUMN {name} {kind}"), [])?;
    }
    Ok(())
}

/// A writing transaction, with what must happen after it commits and must not if it does not.
pub(super) struct Change<'a> {
    pub(super) sql: Transaction<'a>,
    pub(super) now_ms: i64,
    /// Those that are told of what happens.
    pub(super) queues: &'a [&'static Queue],
    garbage: Vec<String>,
    raised: Option<&'static str>,
}

/// The work that a committed change leaves to do.
pub(super) struct Aftermath {
    /// Blobs that no row names any more.
    pub(super) garbage: Vec<String>,
    /// Whom an event was put in the outbox for.
    pub(super) raised: Option<&'static str>,
}

impl<'a> Change<'a> {
    /// Begins a transaction that holds the write lock from the start, so that what it reads stays true.
    pub(super) fn begin(
        connection: &'a mut Connection,
        queues: &'a [&'static Queue],
        now_ms: i64,
    ) -> Result<Self, Error> {
        let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Self { sql, now_ms, queues, garbage: Vec::new(), raised: None })
    }

    /// Marks a blob for removal: the row that named it is gone or names another.
    pub(super) fn discard(&mut self, blob: String) {
        self.garbage.push(blob);
    }

    /// Puts an event in the outbox, where a queue is told of it. A change raises one, or several for the
    /// same queue.
    pub(super) fn raise(&mut self, event: &Event) -> Result<(), Error> {
        let queue = events::add(&self.sql, self.queues, event)?;
        self.raised = queue.or(self.raised);
        Ok(())
    }

    /// Puts a message in the outbox, for the queue; its id.
    pub(super) fn send(
        &mut self,
        queue: &'static str,
        message: &str,
        due_ms: i64,
    ) -> Result<i64, Error> {
        self.raised = Some(queue);
        events::send(&self.sql, queue, message, due_ms)
    }

    pub(super) fn commit(self) -> Result<Aftermath, Error> {
        self.sql.commit()?;
        Ok(Aftermath { garbage: self.garbage, raised: self.raised })
    }
}
