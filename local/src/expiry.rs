//! DynamoDB's time-to-live. The engine finds what has expired by reading every item of the table; here an
//! index finds it, so that a sweep costs as much as there is to remove.

use std::future::Future;
use std::time::Duration;

use dynoxide::Database;
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::{AttributeValue, DynoxideError};
use model::store::schema::{TABLE_KEY, TTL};
use model::{Clock, Timestamp};
use rusqlite::{Connection, params};

use crate::Result;

/// The time between two looks for expired items.
const EVERY: Duration = Duration::from_mins(1);
/// The most that one sweep removes: the rest is the next one's.
const MOST: usize = 1000;
/// The time that the index waits for the engine's own writes.
const BUSY: Duration = Duration::from_secs(5);

/// The expired items of a table.
pub(crate) struct Expiry {
    database: Database,
    table: String,
    /// Another connection to the engine's database, which has no call that finds by this index.
    connection: Connection,
}

impl Expiry {
    /// Over `table` in `database`, whose file is `path`.
    pub(crate) fn open(database: Database, path: &str, table: &str) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        let (ttl, items) = (expires(), quoted(table));
        connection.execute_batch(&format!(
            "CREATE INDEX IF NOT EXISTS _items_by_expiry ON {items} ({ttl}) WHERE {ttl} IS NOT NULL"
        ))?;
        Ok(Self { database, table: table.to_owned(), connection })
    }

    /// Removes what has expired at `now`, the longest expired first, as a client would: with its rows in
    /// the indexes, and told to the stream. How many items it was.
    pub(crate) fn sweep(&self, now: Timestamp) -> Result<usize> {
        let mut removed = 0;
        for key in self.expired(now)? {
            let names = [("#ttl".to_owned(), TTL.to_owned())];
            let values = [(":now".to_owned(), AttributeValue::N(now.seconds().to_string()))];
            let keys = TABLE_KEY.map(str::to_owned).into_iter();
            let request = DeleteItemRequest {
                table_name: self.table.clone(),
                key: keys.zip(key.map(AttributeValue::S)).collect(),
                // It may have been given more time since it was found.
                condition_expression: Some("#ttl <= :now".to_owned()),
                expression_attribute_names: Some(names.into()),
                expression_attribute_values: Some(values.into()),
                ..DeleteItemRequest::default()
            };
            match self.database.delete_item(request) {
                Err(DynoxideError::ConditionalCheckFailedException(..)) => {}
                deleted => {
                    deleted?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn expired(&self, now: Timestamp) -> Result<Vec<[String; 2]>> {
        let mut select = self.connection.prepare_cached(&find(&self.table))?;
        let keys =
            select.query_map(params![now.seconds(), MOST], |row| Ok([row.get(0)?, row.get(1)?]))?;
        Ok(keys.collect::<std::result::Result<_, _>>()?)
    }
}

/// The query for the keys of what has expired.
fn find(table: &str) -> String {
    let (ttl, items) = (expires(), quoted(table));
    let [pk, sk] = TABLE_KEY;
    format!(
        "SELECT item_json ->> '$.{pk}.S', item_json ->> '$.{sk}.S' FROM {items}
         WHERE {ttl} IS NOT NULL AND {ttl} <= ?1 ORDER BY {ttl} LIMIT ?2"
    )
}

/// The time at which an item expires, in seconds since the Unix epoch, as the engine stores items.
fn expires() -> String {
    format!("CAST(item_json ->> '$.{TTL}.N' AS INTEGER)")
}

fn quoted(table: &str) -> String {
    format!("\"{}\"", table.replace('"', "\"\""))
}

/// Removes what expires, until `stop` resolves.
pub(crate) async fn run(expiry: Expiry, stop: impl Future<Output = ()>) {
    let expiry = std::sync::Arc::new(std::sync::Mutex::new(expiry));
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let expiry = std::sync::Arc::clone(&expiry);
        let swept = tokio::task::spawn_blocking(move || {
            let expiry = expiry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            expiry.sweep(Clock::system().now())
        });
        match swept.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error, "expired items could not be removed"),
            Err(error) => tracing::warn!(%error, "expired items could not be removed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use dynoxide::actions::put_item::PutItemRequest;
    use dynoxide::actions::scan::ScanRequest;
    use serde_json::json;

    use super::*;

    const TABLE: &str = "table";
    const NOW: i64 = 1_700_000_000;

    /// A table with an item for each time to live; those without one never expire.
    fn table(
        lives: impl IntoIterator<Item = Option<i64>>,
    ) -> (tempfile::TempDir, Database, Expiry) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dynamodb.sqlite").to_string_lossy().into_owned();
        let database = Database::new(&path).unwrap();
        let keys = TABLE_KEY.into_iter().zip(["HASH", "RANGE"]);
        let keys = keys.map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind }));
        let types = TABLE_KEY.map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
        let create = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": keys.collect::<Vec<_>>(),
            "AttributeDefinitions": types,
        });
        database.create_table(serde_json::from_value(create).unwrap()).unwrap();
        for (n, life) in lives.into_iter().enumerate() {
            let mut item = json!({ "pk": { "S": format!("p{n}") }, "sk": { "S": "s" } });
            if let Some(life) = life {
                item[TTL] = json!({ "N": life.to_string() });
            }
            let put = json!({ "TableName": TABLE, "Item": item });
            database.put_item(serde_json::from_value::<PutItemRequest>(put).unwrap()).unwrap();
        }
        let expiry = Expiry::open(database.clone(), &path, TABLE).unwrap();
        (directory, database, expiry)
    }

    fn left(database: &Database) -> usize {
        let scan = json!({ "TableName": TABLE });
        let scan = serde_json::from_value::<ScanRequest>(scan).unwrap();
        database.scan(scan).unwrap().count
    }

    #[test]
    fn what_has_expired_is_removed_and_nothing_else() {
        let lives = [None, Some(0), Some(NOW - 1), Some(NOW), Some(NOW + 1), None];
        let (_directory, database, expiry) = table(lives);
        let now = Timestamp::from_millis(NOW * 1000);
        assert_eq!(expiry.sweep(now).unwrap(), 3);
        assert_eq!(left(&database), 3);
        assert_eq!(expiry.sweep(now).unwrap(), 0);
    }

    #[test]
    fn a_sweep_is_bounded_and_the_next_goes_on() {
        let (_directory, database, expiry) = table((0..1005).map(Some));
        let now = Timestamp::from_millis(NOW * 1000);
        assert_eq!((expiry.sweep(now).unwrap(), left(&database)), (MOST, 5));
        assert_eq!((expiry.sweep(now).unwrap(), left(&database)), (5, 0));
    }

    /// `SQLite` says how it goes about a query: it must not look through the table.
    #[test]
    fn a_sweep_reads_no_more_than_there_is_to_remove() {
        let (_directory, _database, expiry) = table([]);
        let mut explain =
            expiry.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", find(TABLE))).unwrap();
        let steps = explain.query_map(params![0, 1], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(std::result::Result::unwrap).collect();
        assert!(steps.iter().any(|step| step.contains("_items_by_expiry")), "{steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    }
}
