//! The versions that a bucket keeps under a key beside its object: objects that were overwritten or deleted, and the
//! markers of deletes. Where there is no object, the newest of these is a marker.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::database::Change;
use super::error::Error;
use super::listing::{self, ABOVE_ALL};
use super::objects::{self, Object, UNNAMED};

/// The columns [`kept`] reads, in its order.
const COLUMNS: &str = "seq, key, version, since_ms, object";

/// One of a key's versions that is no longer, or never was, its object.
#[derive(Debug)]
pub(super) struct Kept {
    seq: i64,
    pub(super) key: String,
    pub(super) version: String,
    /// The time at which it came to be kept: when the object was replaced, or the marker made.
    pub(super) since_ms: i64,
    /// None for a delete marker.
    pub(super) object: Option<Object>,
}

/// One entry of a list of versions.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) key: String,
    pub(super) version: String,
    pub(super) is_latest: bool,
    pub(super) modified_ms: i64,
    /// None for a delete marker.
    pub(super) object: Option<Object>,
}

/// A version that was removed for good.
pub(super) struct Removed {
    pub(super) was_marker: bool,
}

/// True if the bucket keeps versions.
pub(super) fn are_kept(sql: &Connection, bucket: &str) -> Result<bool, Error> {
    let mut select = sql.prepare_cached("SELECT versioned FROM buckets WHERE name = ?1")?;
    Ok(select.query_row([bucket], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// Has the bucket keep versions from now on.
pub(super) fn keep(change: &mut Change<'_>, bucket: &str) -> Result<(), Error> {
    objects::require_bucket(&change.sql, bucket)?;
    change.sql.execute("UPDATE buckets SET versioned = 1 WHERE name = ?1", [bucket])?;
    Ok(())
}

/// The name of a new version; none where the bucket keeps none.
pub(super) fn name(change: &Change<'_>, bucket: &str) -> Result<Option<String>, Error> {
    let name = || format!("{:012x}{:020x}", change.now_ms, rand::random::<u128>() >> 48);
    Ok(are_kept(&change.sql, bucket)?.then(name))
}

/// An object is its key's no longer: it is kept, or gone where the bucket keeps no versions.
pub(super) fn leave(change: &mut Change<'_>, bucket: &str, object: Object) -> Result<(), Error> {
    if !are_kept(&change.sql, bucket)? {
        change.discard(object.blob);
        return Ok(());
    }
    let version = object.version.as_deref().unwrap_or(UNNAMED);
    add(change, bucket, &object.key, version, Some(&object))
}

/// Marks the key as deleted; the marker's name.
pub(super) fn mark_deleted(
    change: &mut Change<'_>,
    bucket: &str,
    key: &str,
    version: &str,
) -> Result<(), Error> {
    add(change, bucket, key, version, None)
}

fn add(
    change: &mut Change<'_>,
    bucket: &str,
    key: &str,
    version: &str,
    object: Option<&Object>,
) -> Result<(), Error> {
    let json = object.map(serde_json::to_string).transpose()?;
    let mut insert = change.sql.prepare_cached(
        "INSERT INTO versions (bucket, key, version, since_ms, object, blob) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let blob = object.map(|object| object.blob.as_str());
    insert.execute(params![bucket, key.as_bytes(), version, change.now_ms, json, blob])?;
    Ok(())
}

/// The version of this name, if it is kept.
pub(super) fn find(
    sql: &Connection,
    bucket: &str,
    key: &str,
    version: &str,
) -> Result<Option<Kept>, Error> {
    let mut select = sql.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM versions WHERE bucket = ?1 AND key = ?2 AND version = ?3"
    ))?;
    let found = select.query_row(params![bucket, key.as_bytes(), version], |row| Ok(kept(row)));
    found.optional()?.transpose()
}

/// The newest of what is kept under a key.
pub(super) fn newest(sql: &Connection, bucket: &str, key: &str) -> Result<Option<Kept>, Error> {
    let mut select = sql.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM versions WHERE bucket = ?1 AND key = ?2 ORDER BY seq DESC LIMIT 1"
    ))?;
    select.query_row(params![bucket, key.as_bytes()], |row| Ok(kept(row))).optional()?.transpose()
}

/// Removes one version for good, the key's object or one that is kept; none where there is no such
/// version. Where that was what the key showed, it shows the one before.
pub(super) fn remove(
    change: &mut Change<'_>,
    bucket: &str,
    key: &str,
    version: &str,
) -> Result<Option<Removed>, Error> {
    let current = objects::find(&change.sql, bucket, key)?;
    if let Some(object) = current.as_ref().filter(|object| object.is_version(version)) {
        objects::take(change, bucket, key)?;
        change.discard(object.blob.clone());
        restore(change, bucket, key)?;
        return Ok(Some(Removed { was_marker: false }));
    }
    let Some(found) = find(&change.sql, bucket, key, version)? else { return Ok(None) };
    change.sql.execute("DELETE FROM versions WHERE seq = ?1", [found.seq])?;
    let was_marker = found.object.is_none();
    if let Some(object) = found.object {
        change.discard(object.blob);
    }
    if current.is_none() {
        restore(change, bucket, key)?;
    }
    Ok(Some(Removed { was_marker }))
}

/// Makes the newest of what is kept the key's again, where it is an object.
fn restore(change: &mut Change<'_>, bucket: &str, key: &str) -> Result<(), Error> {
    if let Some(Kept { seq, object: Some(object), .. }) = newest(&change.sql, bucket, key)? {
        change.sql.execute("DELETE FROM versions WHERE seq = ?1", [seq])?;
        objects::insert(change, bucket, &object)?;
    }
    Ok(())
}

/// At most `limit` versions of the keys with `prefix`, in the order of keys and the newest first, after the key, or the
/// key's version, that `after` names; whether there are more.
pub(super) fn list(
    sql: &Connection,
    bucket: &str,
    prefix: &str,
    after: Option<(&str, Option<&str>)>,
    limit: usize,
) -> Result<(Vec<Listed>, bool), Error> {
    objects::require_bucket(sql, bucket)?;
    let end = if prefix.is_empty() { vec![ABOVE_ALL] } else { listing::past_bytes(prefix) };
    let mut found = Vec::new();
    let mut from = prefix.as_bytes().to_vec();
    if let Some((key, version)) = after {
        if let Some(version) = version {
            let rest = of_key(sql, bucket, key)?;
            let rest = rest.into_iter().skip_while(|listed| listed.version != version).skip(1);
            found.extend(rest);
        }
        from = from.max([key.as_bytes(), &[0]].concat());
    }
    let mut keys = sql.prepare_cached(
        "SELECT key FROM objects WHERE bucket = ?1 AND key >= ?2 AND key < ?3
         UNION SELECT key FROM versions WHERE bucket = ?1 AND key >= ?2 AND key < ?3 ORDER BY key",
    )?;
    let mut rows = keys.query(params![bucket, from, end])?;
    while let Some(row) = rows.next()?
        && found.len() <= limit
    {
        found.extend(of_key(sql, bucket, &objects::read_key(row, 0)?)?);
    }
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

/// All versions of a key, the newest first.
fn of_key(sql: &Connection, bucket: &str, key: &str) -> Result<Vec<Listed>, Error> {
    let current = objects::find(sql, bucket, key)?.map(|object| Listed {
        key: key.to_owned(),
        version: object.version.clone().unwrap_or_else(|| UNNAMED.to_owned()),
        is_latest: true,
        modified_ms: object.modified_ms,
        object: Some(object),
    });
    let mut select = sql.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM versions WHERE bucket = ?1 AND key = ?2 ORDER BY seq DESC"
    ))?;
    let mut listed: Vec<_> = current.into_iter().collect();
    let mut rows = select.query(params![bucket, key.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let kept = kept(row)?;
        listed.push(Listed {
            key: kept.key,
            version: kept.version,
            is_latest: listed.is_empty(),
            modified_ms: kept.object.as_ref().map_or(kept.since_ms, |object| object.modified_ms),
            object: kept.object,
        });
    }
    Ok(listed)
}

/// Removes what is kept since before `before_ms`, as a bucket's lifecycle does: objects, and markers that mark the end
/// of nothing.
pub(super) fn expire(change: &mut Change<'_>, before_ms: i64) -> Result<(), Error> {
    let select = format!("SELECT {COLUMNS} FROM versions WHERE since_ms < ?1 AND blob IS NOT NULL");
    let mut select = change.sql.prepare(&select)?;
    let mut rows = select.query([before_ms])?;
    let mut blobs = Vec::new();
    while let Some(row) = rows.next()? {
        blobs.extend(kept(row)?.object.map(|object| object.blob));
    }
    drop(rows);
    drop(select);
    for blob in blobs {
        change.sql.prepare_cached("DELETE FROM versions WHERE blob = ?1")?.execute([&blob])?;
        change.discard(blob);
    }
    change.sql.execute(
        "DELETE FROM versions AS marker WHERE blob IS NULL AND since_ms < ?1 AND NOT EXISTS (
           SELECT 1 FROM versions AS older
           WHERE older.bucket = marker.bucket AND older.key = marker.key AND older.seq < marker.seq)",
        [before_ms],
    )?;
    Ok(())
}

/// Reads [`COLUMNS`].
fn kept(row: &Row<'_>) -> Result<Kept, Error> {
    let object: Option<String> = row.get(4)?;
    Ok(Kept {
        seq: row.get(0)?,
        key: objects::read_key(row, 1)?,
        version: row.get(2)?,
        since_ms: row.get(3)?,
        object: object.as_deref().map(serde_json::from_str).transpose()?,
    })
}
