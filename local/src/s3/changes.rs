//! The changes that can happen to a key: an object is put, deleted, or one of its versions is.

use rusqlite::Connection;
use s3s::dto::ETagCondition;
use s3s::s3_error;

use super::database::Change;
use super::error::Error;
use super::events::{Content, Event, Kind};
use super::objects::{self, Object, Precondition};
use super::versions::{self, Removed};

/// Puts an object under its key, if the precondition holds of what is there now, and raises the event. The object with
/// its version's name comes back.
pub(super) fn put(
    change: &mut Change<'_>,
    bucket: &str,
    object: Object,
    precondition: &Precondition,
    kind: Kind,
) -> Result<Object, Error> {
    let replaced = objects::find(&change.sql, bucket, &object.key)?;
    precondition.check(replaced.as_ref())?;
    if let Some(replaced) = replaced {
        objects::take(change, bucket, &object.key)?;
        versions::leave(change, bucket, replaced)?;
    }
    let object = Object { version: versions::name(change, bucket)?, ..object };
    objects::insert(change, bucket, &object)?;
    let content = Content { size: object.size, etag: object.etag.clone() };
    raise(change, kind, bucket, &object.key, Some(content), object.version.clone())?;
    Ok(object)
}

/// Removes the object under a key: where the bucket keeps versions it is kept, and a marker, whose name comes back, takes
/// its place. Where there is no object, that is well, and no event without a marker.
pub(super) fn delete(
    change: &mut Change<'_>,
    bucket: &str,
    key: &str,
    matches: Option<&ETagCondition>,
) -> Result<Option<String>, Error> {
    let object = objects::find(&change.sql, bucket, key)?;
    let current = object.as_ref();
    if matches.is_some_and(|condition| current.is_some_and(|object| !object.is(condition))) {
        return Err(objects::precondition_failed().into());
    }
    let marker = versions::name(change, bucket)?;
    let was_there = object.is_some();
    if let Some(object) = object {
        objects::take(change, bucket, key)?;
        versions::leave(change, bucket, object)?;
    }
    match &marker {
        Some(marker) => {
            versions::mark_deleted(change, bucket, key, marker)?;
            raise(change, Kind::DeleteMarker, bucket, key, None, Some(marker.clone()))?;
        }
        None if was_there => raise(change, Kind::Delete, bucket, key, None, None)?,
        None => {}
    }
    Ok(marker)
}

/// Removes one version of a key for good; none where there is no such version.
pub(super) fn delete_version(
    change: &mut Change<'_>,
    bucket: &str,
    key: &str,
    version: &str,
) -> Result<Option<Removed>, Error> {
    let removed = versions::remove(change, bucket, key, version)?;
    if removed.is_some() {
        raise(change, Kind::Delete, bucket, key, None, Some(version.to_owned()))?;
    }
    Ok(removed)
}

/// The version of a key, or S3's refusal.
pub(super) fn get_version(
    sql: &Connection,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Object, Error> {
    let Some(version) = version else { return objects::get(sql, bucket, key) };
    if let Some(object) =
        objects::find(sql, bucket, key)?.filter(|object| object.is_version(version))
    {
        return Ok(object);
    }
    let no_such = || s3_error!(NoSuchVersion, "The specified version does not exist.");
    let kept = versions::find(sql, bucket, key, version)?.ok_or_else(no_such)?;
    kept.object.ok_or_else(|| {
        s3_error!(MethodNotAllowed, "The specified version is a delete marker.").into()
    })
}

fn raise(
    change: &mut Change<'_>,
    kind: Kind,
    bucket: &str,
    key: &str,
    content: Option<Content>,
    version: Option<String>,
) -> Result<(), Error> {
    let event = Event {
        kind,
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        content,
        version,
        time_ms: change.now_ms,
    };
    change.raise(&event)
}
