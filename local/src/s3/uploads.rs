//! Multipart uploads as rows, from begun to completed or aborted.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use s3s::{S3Error, s3_error};

use super::database::Change;
use super::digest::Checksums;
use super::error::Error;
use super::objects::{self, Attributes};

/// An upload that has been begun.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) initiated_ms: i64,
    pub(super) attributes: Attributes,
    /// The checksum that was asked for, as S3 names it.
    pub(super) algorithm: Option<String>,
    /// True if that is over the parts' checksums, rather than over the whole.
    pub(super) composite: bool,
}

/// A part that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) size: i64,
    pub(super) etag: String,
    pub(super) modified_ms: i64,
    pub(super) checksums: Checksums,
    pub(super) blob: String,
}

const UPLOAD: &str = "id, bucket, key, initiated_ms, attributes, algorithm, composite";
const PART: &str = "number, size, etag, modified_ms, checksums, blob";

pub(super) fn create(change: &mut Change<'_>, upload: &Upload) -> Result<(), Error> {
    objects::require_bucket(&change.sql, &upload.bucket)?;
    let sql = format!("INSERT INTO uploads ({UPLOAD}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    change.sql.prepare_cached(&sql)?.execute(params![
        upload.id,
        upload.bucket,
        upload.key.as_bytes(),
        upload.initiated_ms,
        serde_json::to_string(&upload.attributes)?,
        upload.algorithm,
        upload.composite,
    ])?;
    Ok(())
}

/// The upload of this id, if it is one to this key.
pub(super) fn get(sql: &Connection, bucket: &str, key: &str, id: &str) -> Result<Upload, Error> {
    let mut select = sql.prepare_cached(&format!(
        "SELECT {UPLOAD} FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3"
    ))?;
    let found =
        select.query_row(params![bucket, key.as_bytes(), id], |row| Ok(upload(row))).optional()?;
    found.transpose()?.ok_or_else(|| no_such_upload().into())
}

/// The uploads to keys with this prefix that come after the given key and upload, in order.
pub(super) fn list(
    sql: &Connection,
    bucket: &str,
    prefix: &str,
    after: (&str, &str),
) -> Result<Vec<Upload>, Error> {
    objects::require_bucket(sql, bucket)?;
    let mut select = sql.prepare_cached(&format!(
        "SELECT {UPLOAD} FROM uploads WHERE bucket = ?1 AND (key, id) > (?2, ?3) ORDER BY key, id"
    ))?;
    let mut rows = select.query(params![bucket, after.0.as_bytes(), after.1])?;
    let mut uploads = Vec::new();
    while let Some(row) = rows.next()? {
        let upload = upload(row)?;
        if upload.key.starts_with(prefix) {
            uploads.push(upload);
        }
    }
    Ok(uploads)
}

/// Adds a part, in the place of an earlier one of the same number.
pub(super) fn put_part(change: &mut Change<'_>, upload: &Upload, part: &Part) -> Result<(), Error> {
    let upload = get(&change.sql, &upload.bucket, &upload.key, &upload.id)?;
    let mut select =
        change.sql.prepare_cached("SELECT blob FROM parts WHERE upload = ?1 AND number = ?2")?;
    let replaced: Option<String> =
        select.query_row(params![upload.id, part.number], |row| row.get(0)).optional()?;
    drop(select);
    let sql = format!(
        "INSERT OR REPLACE INTO parts (upload, {PART}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    );
    change.sql.prepare_cached(&sql)?.execute(params![
        upload.id,
        part.number,
        part.size,
        part.etag,
        part.modified_ms,
        serde_json::to_string(&part.checksums)?,
        part.blob,
    ])?;
    if let Some(replaced) = replaced {
        change.discard(replaced);
    }
    Ok(())
}

/// The parts that have arrived, by number, beyond `after`.
pub(super) fn parts(sql: &Connection, upload: &Upload, after: i32) -> Result<Vec<Part>, Error> {
    let mut select = sql.prepare_cached(&format!(
        "SELECT {PART} FROM parts WHERE upload = ?1 AND number > ?2 ORDER BY number"
    ))?;
    let mut rows = select.query(params![upload.id, after])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        parts.push(part(row)?);
    }
    Ok(parts)
}

/// Removes an upload and its parts: it was aborted, or is an object now.
pub(super) fn remove(change: &mut Change<'_>, upload: &Upload) -> Result<(), Error> {
    for part in parts(&change.sql, upload, 0)? {
        change.discard(part.blob);
    }
    change.sql.prepare_cached("DELETE FROM uploads WHERE id = ?1")?.execute([&upload.id])?;
    Ok(())
}

pub(super) fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified multipart upload does not exist. It may have been completed or aborted."
    )
}

fn upload(row: &Row<'_>) -> Result<Upload, Error> {
    Ok(Upload {
        id: row.get(0)?,
        bucket: row.get(1)?,
        key: objects::read_key(row, 2)?,
        initiated_ms: row.get(3)?,
        attributes: serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?,
        algorithm: row.get(5)?,
        composite: row.get(6)?,
    })
}

fn part(row: &Row<'_>) -> Result<Part, Error> {
    Ok(Part {
        number: row.get(0)?,
        size: row.get(1)?,
        etag: row.get(2)?,
        modified_ms: row.get(3)?,
        checksums: serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?,
        blob: row.get(5)?,
    })
}
