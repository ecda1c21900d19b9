//! Buckets: create, find, list, delete.

use s3s::dto::*;
use s3s::{S3Request, s3_error};

use super::wire::timestamp;
use crate::s3::error::Error;
use crate::s3::objects;
use crate::s3::store::Store;
use crate::s3::versions;

pub(super) async fn list(
    store: &Store,
    _: S3Request<ListBucketsInput>,
) -> Result<ListBucketsOutput, Error> {
    let buckets = store.blocking(|store| store.query(objects::buckets)).await?;
    let buckets = buckets.into_iter().map(|(name, created_ms)| Bucket {
        name: Some(name),
        creation_date: Some(timestamp(created_ms)),
        ..Bucket::default()
    });
    Ok(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(Owner { display_name: Some("local".to_owned()), id: Some("local".to_owned()) }),
        ..ListBucketsOutput::default()
    })
}

pub(super) async fn create(
    store: &Store,
    request: S3Request<CreateBucketInput>,
) -> Result<CreateBucketOutput, Error> {
    let bucket = request.input.bucket;
    let location = Some(format!("/{bucket}"));
    let new = store
        .blocking(move |store| store.change(|change| objects::create_bucket(change, &bucket)))
        .await?;
    if !new {
        return Err(s3_error!(BucketAlreadyOwnedByYou, "The bucket exists, and you own it.").into());
    }
    Ok(CreateBucketOutput { location })
}

pub(super) async fn head(
    store: &Store,
    request: S3Request<HeadBucketInput>,
) -> Result<HeadBucketOutput, Error> {
    require(store, request.input.bucket).await?;
    Ok(HeadBucketOutput {
        bucket_region: Some("us-east-1".to_owned()),
        ..HeadBucketOutput::default()
    })
}

/// Empty is S3's way to say us-east-1.
pub(super) async fn location(
    store: &Store,
    request: S3Request<GetBucketLocationInput>,
) -> Result<GetBucketLocationOutput, Error> {
    require(store, request.input.bucket).await?;
    Ok(GetBucketLocationOutput::default())
}

pub(super) async fn delete(
    store: &Store,
    request: S3Request<DeleteBucketInput>,
) -> Result<DeleteBucketOutput, Error> {
    let bucket = request.input.bucket;
    store
        .blocking(move |store| store.change(|change| objects::delete_bucket(change, &bucket)))
        .await?;
    Ok(DeleteBucketOutput::default())
}

pub(super) async fn versioning(
    store: &Store,
    request: S3Request<GetBucketVersioningInput>,
) -> Result<GetBucketVersioningOutput, Error> {
    let bucket = request.input.bucket;
    let kept = store.blocking(move |store| {
        store.query(|sql| {
            objects::require_bucket(sql, &bucket)?;
            versions::are_kept(sql, &bucket)
        })
    });
    let enabled = || BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED);
    let status = kept.await?.then(enabled);
    Ok(GetBucketVersioningOutput { status, ..GetBucketVersioningOutput::default() })
}

pub(super) async fn set_versioning(
    store: &Store,
    request: S3Request<PutBucketVersioningInput>,
) -> Result<PutBucketVersioningOutput, Error> {
    let PutBucketVersioningInput { bucket, versioning_configuration, .. } = request.input;
    let status = versioning_configuration.status;
    if status.as_ref().map(BucketVersioningStatus::as_str) != Some(BucketVersioningStatus::ENABLED)
    {
        return Err(s3_error!(NotImplemented, "Versioning can be enabled, not suspended.").into());
    }
    store.blocking(move |store| store.keep_versions(&bucket)).await?;
    Ok(PutBucketVersioningOutput {})
}

async fn require(store: &Store, bucket: String) -> Result<(), Error> {
    store.blocking(move |store| store.query(|sql| objects::require_bucket(sql, &bucket))).await
}
