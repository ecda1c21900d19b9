//! `DeleteObject` and `DeleteObjects`.

use s3s::dto::*;
use s3s::{S3Error, S3Request, s3_error};

use super::wire::require_current;
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
    require_current(version_id.as_deref())?;
    store
        .blocking(move |store| {
            store.change(|change| objects::delete(change, &bucket, &key, if_match.as_ref()))
        })
        .await?;
    Ok(DeleteObjectOutput::default())
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
    for (key, refusal) in outcomes {
        match refusal {
            Some(refusal) => output.errors.get_or_insert_default().push(refused(key, &refusal)),
            None if quiet => {}
            None => output
                .deleted
                .get_or_insert_default()
                .push(DeletedObject { key: Some(key), ..DeletedObject::default() }),
        }
    }
    Ok(output)
}

/// Deletes the keys in one transaction; a refusal stops only the key it is about.
fn delete_each(
    store: &Store,
    bucket: &str,
    keys: Vec<ObjectIdentifier>,
) -> Result<Vec<(String, Option<S3Error>)>, Error> {
    store.change(|change| {
        objects::require_bucket(&change.sql, bucket)?;
        let mut outcomes = Vec::with_capacity(keys.len());
        for ObjectIdentifier { key, e_tag, version_id, .. } in keys {
            let condition = e_tag.map(ETagCondition::ETag);
            let outcome = require_current(version_id.as_deref())
                .and_then(|()| objects::delete(change, bucket, &key, condition.as_ref()));
            match outcome {
                Ok(()) => outcomes.push((key, None)),
                Err(Error::Refused(refusal)) => outcomes.push((key, Some(refusal))),
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
