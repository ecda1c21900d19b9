//! `PutObject`, which also gets what browser forms send as `PostObject`: `s3s` makes the one of the other.

use http::Method;
use s3s::dto::*;
use s3s::{S3Request, s3_error};

use super::intake::{self, Declared};
use super::wire::attributes_of;
use crate::s3::changes;
use crate::s3::digest::{checksums_of, set_checksums};
use crate::s3::error::Error;
use crate::s3::events::Kind;
use crate::s3::objects::{self, Attributes, Object, Precondition};
use crate::s3::store::Store;

pub(super) async fn put(
    store: &Store,
    request: S3Request<PutObjectInput>,
) -> Result<PutObjectOutput, Error> {
    let kind = if request.method == Method::POST { Kind::Post } else { Kind::Put };
    let mut input = request.input;
    if kind == Kind::Put {
        input.content_length = Some(intake::length(&request.headers, input.content_length)?);
    }
    let precondition = precondition(input.if_match.take(), input.if_none_match.take())?;
    let attributes = attributes_of!(input);
    let algorithm = input.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str);
    let declared = Declared::new(
        &request.headers,
        request.trailing_headers,
        input.content_length,
        input.content_md5.take(),
        checksums_of!(input),
        algorithm,
    )?;
    let (bucket, key) = (input.bucket, input.key);
    refuse_early(store, &bucket, &key, &precondition).await?;
    let arrived = intake::receive(store, input.body, declared).await?;
    let object = store
        .blocking(move |store| {
            keep(store, arrived, &Target { bucket, key, attributes, precondition, kind })
        })
        .await?;
    let mut output = PutObjectOutput {
        e_tag: Some(ETag::Strong(object.etag)),
        version_id: object.version,
        ..PutObjectOutput::default()
    };
    set_checksums!(output, object.checksums);
    Ok(output)
}

/// The place where bytes are to be kept, and as what.
pub(super) struct Target {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) attributes: Attributes,
    pub(super) precondition: Precondition,
    pub(super) kind: Kind,
}

/// Makes bytes that have arrived an object. Blocks.
pub(super) fn keep(
    store: &Store,
    arrived: intake::Arrived,
    target: &Target,
) -> Result<Object, Error> {
    let blob = store.blobs().keep(arrived.draft)?;
    let object = store.change(|change| {
        let object = Object {
            key: target.key.clone(),
            size: i64::try_from(arrived.digested.size).unwrap_or(i64::MAX),
            etag: arrived.digested.etag(),
            modified_ms: change.now_ms,
            attributes: target.attributes.clone(),
            checksums: arrived.digested.checksums.clone(),
            blob: blob.name().to_owned(),
            version: None,
        };
        changes::put(change, &target.bucket, object, &target.precondition, target.kind)
    })?;
    blob.referenced();
    Ok(object)
}

/// Reads the two headers that make a write conditional.
pub(super) fn precondition(
    if_match: Option<IfMatch>,
    if_none_match: Option<IfNoneMatch>,
) -> Result<Precondition, Error> {
    match if_none_match {
        Some(ETagCondition::ETag(_)) => {
            Err(s3_error!(NotImplemented, "A write supports no other If-None-Match than `*`.")
                .into())
        }
        if_none_match => Ok(Precondition { matches: if_match, absent: if_none_match.is_some() }),
    }
}

/// Spares a client from sending what would be refused. The transaction checks again: only its answer counts.
async fn refuse_early(
    store: &Store,
    bucket: &str,
    key: &str,
    precondition: &Precondition,
) -> Result<(), Error> {
    let (bucket, key, precondition) = (bucket.to_owned(), key.to_owned(), precondition.clone());
    let current = store.blocking(move |store| {
        let current = store.query(|sql| objects::find(sql, &bucket, &key))?;
        Ok(precondition.check(current.as_ref())?)
    });
    current.await
}
