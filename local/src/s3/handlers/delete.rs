//! `DeleteObject` and `DeleteObjects`.

use s3s::dto::*;
use s3s::{S3Error, S3Request, s3_error};

use crate::s3::changes;
use crate::s3::database::Change;
use crate::s3::error::Error;
use crate::s3::objects;
use crate::s3::store::Store;

/// The most keys one batch may name, as on S3.
const BATCH_LIMIT: usize = 1000;

pub(super) async fn one(
    store: &Store,
    request: S3Request<DeleteObjectInput>,
) -> Result<DeleteObjectOutput, Error> {
    let DeleteObjectInput { bucket, key, if_match, version_id, .. } = request.input;
    let deleted = store
        .blocking(move |store| {
            store.change(|change| {
                objects::require_bucket(&change.sql, &bucket)?;
                delete(change, &bucket, &key, version_id, if_match.as_ref())
            })
        })
        .await?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: deleted.version,
        ..DeleteObjectOutput::default()
    })
}

/// The outcome of a delete.
struct Deleted {
    /// The version that is gone, or the marker that was made.
    version: Option<String>,
    /// True if it is a marker.
    marker: bool,
}

/// Removes one version for good, or, where none is named, what the key shows.
fn delete(
    change: &mut Change<'_>,
    bucket: &str,
    key: &str,
    version: Option<String>,
    matches: Option<&ETagCondition>,
) -> Result<Deleted, Error> {
    let Some(version) = version else {
        let version = changes::delete(change, bucket, key, matches)?;
        return Ok(Deleted { marker: version.is_some(), version });
    };
    let removed = changes::delete_version(change, bucket, key, &version)?;
    let marker = removed.is_some_and(|removed| removed.was_marker);
    Ok(Deleted { version: Some(version), marker })
}

pub(super) async fn many(
    store: &Store,
    request: S3Request<DeleteObjectsInput>,
) -> Result<DeleteObjectsOutput, Error> {
    let DeleteObjectsInput { bucket, delete, .. } = request.input;
    if delete.objects.is_empty() || delete.objects.len() > BATCH_LIMIT {
        return Err(
            s3_error!(MalformedXML, "A batch names between 1 and {BATCH_LIMIT} keys.").into()
        );
    }
    let quiet = delete.quiet.unwrap_or_default();
    let outcomes = store.blocking(move |store| delete_each(store, &bucket, delete.objects)).await?;
    let mut output = DeleteObjectsOutput::default();
    for (key, named, outcome) in outcomes {
        match outcome {
            Err(refusal) => output.errors.get_or_insert_default().push(refused(key, &refusal)),
            Ok(_) if quiet => {}
            Ok(Deleted { version, marker }) => {
                output.deleted.get_or_insert_default().push(DeletedObject {
                    key: Some(key),
                    delete_marker: marker.then_some(true),
                    delete_marker_version_id: version.filter(|_| marker),
                    version_id: named,
                });
            }
        }
    }
    Ok(output)
}

/// A key, the version that was named, and what became of it.
type Outcome = (String, Option<String>, Result<Deleted, S3Error>);

/// Deletes the keys in one transaction; a refusal stops only the key it is about.
fn delete_each(
    store: &Store,
    bucket: &str,
    keys: Vec<ObjectIdentifier>,
) -> Result<Vec<Outcome>, Error> {
    store.change(|change| {
        objects::require_bucket(&change.sql, bucket)?;
        let mut outcomes = Vec::with_capacity(keys.len());
        for ObjectIdentifier { key, e_tag, version_id, .. } in keys {
            let condition = e_tag.map(ETagCondition::ETag);
            let named = version_id.clone();
            match delete(change, bucket, &key, version_id, condition.as_ref()) {
                Ok(deleted) => outcomes.push((key, named, Ok(deleted))),
                Err(Error::Refused(refusal)) => outcomes.push((key, named, Err(refusal))),
                Err(error) => return Err(error),
            }
        }
        Ok(outcomes)
    })
}

fn refused(key: String, refusal: &S3Error) -> s3s::dto::Error {
    s3s::dto::Error {
        key: Some(key),
        code: Some(refusal.code().as_str().to_owned()),
        message: refusal.message().map(str::to_owned),
        ..s3s::dto::Error::default()
    }
}
