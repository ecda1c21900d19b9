//! Buckets and objects as rows.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Error, s3_error};
use serde::{Deserialize, Serialize};

use super::database::Change;
use super::digest::Checksums;
use super::error::Error;

/// The name of an object that came when its bucket kept no versions.
pub(super) const UNNAMED: &str = "null";

/// The columns [`object`] reads, in its order.
pub(super) const COLUMNS: &str =
    "key, size, etag, modified_ms, attributes, checksums, blob, version";

/// The headers that are kept of an object.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attributes {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    /// As an HTTP date.
    pub(super) expires: Option<String>,
    pub(super) website_redirect_location: Option<String>,
    /// `x-amz-meta-*`, without the prefix.
    pub(super) metadata: BTreeMap<String, String>,
}

/// An object as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) size: i64,
    pub(super) etag: String,
    pub(super) modified_ms: i64,
    pub(super) attributes: Attributes,
    pub(super) checksums: Checksums,
    pub(super) blob: String,
    /// Its name among its key's versions; none where the bucket kept none when it came.
    pub(super) version: Option<String>,
}

/// The condition on which the object under a key is replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Precondition {
    /// There is one, with this `ETag`.
    pub(super) matches: Option<ETagCondition>,
    /// There is none.
    pub(super) absent: bool,
}

/// Creates a bucket, and says whether it was new.
pub(super) fn create_bucket(change: &mut Change<'_>, name: &str) -> Result<bool, Error> {
    if !s3s::path::check_bucket_name(name) {
        return Err(s3_error!(InvalidBucketName, "The specified bucket is not valid.").into());
    }
    let mut insert = change
        .sql
        .prepare_cached("INSERT OR IGNORE INTO buckets (name, created_ms) VALUES (?1, ?2)")?;
    Ok(insert.execute(params![name, change.now_ms])? == 1)
}

/// Every bucket's name and when it was created, in order.
pub(super) fn buckets(sql: &Connection) -> Result<Vec<(String, i64)>, Error> {
    let mut select = sql.prepare_cached("SELECT name, created_ms FROM buckets ORDER BY name")?;
    let buckets =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(buckets)
}

/// Refuses when there is no such bucket.
pub(super) fn require_bucket(sql: &Connection, name: &str) -> Result<(), Error> {
    let mut select = sql.prepare_cached("SELECT 1 FROM buckets WHERE name = ?1")?;
    if select.exists([name])? {
        return Ok(());
    }
    Err(s3_error!(NoSuchBucket, "The specified bucket does not exist.").into())
}

/// Removes a bucket that holds no objects, with the uploads that were begun in it.
pub(super) fn delete_bucket(change: &mut Change<'_>, name: &str) -> Result<(), Error> {
    require_bucket(&change.sql, name)?;
    let holds = "SELECT 1 FROM objects WHERE bucket = ?1
                 UNION ALL SELECT 1 FROM versions WHERE bucket = ?1";
    if change.sql.prepare_cached(holds)?.exists([name])? {
        return Err(
            s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty.").into()
        );
    }
    let blobs: Vec<String> = change
        .sql
        .prepare_cached("SELECT blob FROM parts JOIN uploads ON upload = id WHERE bucket = ?1")?
        .query_map([name], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for blob in blobs {
        change.discard(blob);
    }
    change.sql.execute("DELETE FROM uploads WHERE bucket = ?1", [name])?;
    change.sql.execute("DELETE FROM buckets WHERE name = ?1", [name])?;
    Ok(())
}

/// The object under a key. A bucket that does not exist is refused.
pub(super) fn find(sql: &Connection, bucket: &str, key: &str) -> Result<Option<Object>, Error> {
    let mut select = sql
        .prepare_cached(&format!("SELECT {COLUMNS} FROM objects WHERE bucket = ?1 AND key = ?2"))?;
    let found = select
        .query_row(params![bucket, key.as_bytes()], |row| Ok(object(row)))
        .optional()?
        .transpose()?;
    if found.is_none() {
        require_bucket(sql, bucket)?;
    }
    Ok(found)
}

/// The object under a key, or S3's refusal.
pub(super) fn get(sql: &Connection, bucket: &str, key: &str) -> Result<Object, Error> {
    find(sql, bucket, key)?.ok_or_else(|| no_such_key().into())
}

/// Makes an object its key's, which has none.
pub(super) fn insert(change: &mut Change<'_>, bucket: &str, object: &Object) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO objects (bucket, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    );
    change.sql.prepare_cached(&sql)?.execute(params![
        bucket,
        object.key.as_bytes(),
        object.size,
        object.etag,
        object.modified_ms,
        serde_json::to_string(&object.attributes)?,
        serde_json::to_string(&object.checksums)?,
        object.blob,
        object.version,
    ])?;
    Ok(())
}

/// Removes a key's object from its row; its bytes stay.
pub(super) fn take(change: &mut Change<'_>, bucket: &str, key: &str) -> Result<(), Error> {
    let mut delete =
        change.sql.prepare_cached("DELETE FROM objects WHERE bucket = ?1 AND key = ?2")?;
    delete.execute(params![bucket, key.as_bytes()])?;
    Ok(())
}

/// Reads a key, which is a BLOB.
pub(super) fn read_key(row: &Row<'_>, column: usize) -> Result<String, Error> {
    let bytes = row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Reads [`COLUMNS`].
pub(super) fn object(row: &Row<'_>) -> Result<Object, Error> {
    Ok(Object {
        key: read_key(row, 0)?,
        size: row.get(1)?,
        etag: row.get(2)?,
        modified_ms: row.get(3)?,
        attributes: serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?,
        checksums: serde_json::from_str(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?)?,
        blob: row.get(6)?,
        version: row.get(7)?,
    })
}

impl Object {
    /// True if this is its name among its key's versions.
    pub(super) fn is_version(&self, version: &str) -> bool {
        self.version.as_deref().unwrap_or(UNNAMED) == version
    }

    /// True if the object is the one a condition names.
    pub(super) fn is(&self, condition: &ETagCondition) -> bool {
        match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.strong_cmp(&ETag::Strong(self.etag.clone())),
        }
    }
}

impl Precondition {
    /// Checks the object that is there now, if any.
    pub(super) fn check(&self, current: Option<&Object>) -> Result<(), S3Error> {
        if self.absent && current.is_some() {
            return Err(precondition_failed());
        }
        match (&self.matches, current) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(no_such_key()),
            (Some(condition), Some(object)) if object.is(condition) => Ok(()),
            (Some(_), Some(_)) => Err(precondition_failed()),
        }
    }
}

pub(super) fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
}

pub(super) fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}
