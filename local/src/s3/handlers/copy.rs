//! `CopyObject` and `UploadPartCopy`: bytes that are here already.

use std::io::{Read as _, Seek as _, SeekFrom};

use s3s::dto::*;
use s3s::{S3Request, s3_error};

use super::get::{self, Conditions, checksum_type};
use super::intake;
use super::multipart;
use super::put::{self, Target};
use super::wire::{attributes_of, timestamp};
use crate::s3::digest::{self, Checksums, Digest, set_checksums};
use crate::s3::error::Error;
use crate::s3::events::Kind;
use crate::s3::objects::{Object, Precondition, precondition_failed};
use crate::s3::store::Store;
use crate::s3::uploads;

pub(super) async fn object(
    store: &Store,
    request: S3Request<CopyObjectInput>,
) -> Result<CopyObjectOutput, Error> {
    let input = request.input;
    let source = source(&input.copy_source)?;
    let replace = input
        .metadata_directive
        .as_ref()
        .is_some_and(|it| it.as_str() == MetadataDirective::REPLACE);
    let itself = (&source.0, &source.1) == (&input.bucket, &input.key);
    if !replace && itself && source.2.is_none() {
        return Err(s3_error!(
            InvalidRequest,
            "An object cannot be copied to itself without changing it."
        )
        .into());
    }
    let attributes = if replace { Some(attributes_of!(input)) } else { None };
    let algorithm =
        input.checksum_algorithm.as_ref().map(|it| digest::algorithm(it.as_str())).transpose()?;
    let conditions = Conditions {
        matches: input.copy_source_if_match,
        none_matches: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    let (bucket, key) = (input.bucket, input.key);
    let object = store
        .blocking(move |store| {
            let (original, file) = get::open(store, &source.0, &source.1, source.2.as_deref())?;
            check_source(&conditions, &original)?;
            // Also turns a checksum over parts into one over the bytes, which are one piece from here on.
            let algorithms =
                original.checksums.each().map(|(algorithm, _)| algorithm).chain(algorithm);
            let arrived = intake::copy(store, file, Digest::computing(algorithms))?;
            let attributes = attributes.unwrap_or(original.attributes);
            let precondition = Precondition::default();
            put::keep(
                store,
                arrived,
                &Target { bucket, key, attributes, precondition, kind: Kind::Copy },
            )
        })
        .await?;
    Ok(copied(object))
}

fn copied(object: Object) -> CopyObjectOutput {
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(timestamp(object.modified_ms)),
        ..CopyObjectResult::default()
    };
    if object.checksums != Checksums::default() {
        result.checksum_type = Some(checksum_type(&object.checksums));
    }
    set_checksums!(result, object.checksums);
    CopyObjectOutput {
        copy_object_result: Some(result),
        version_id: object.version,
        ..CopyObjectOutput::default()
    }
}

pub(super) async fn part(
    store: &Store,
    request: S3Request<UploadPartCopyInput>,
) -> Result<UploadPartCopyOutput, Error> {
    let input = request.input;
    let source = source(&input.copy_source)?;
    let range = input.copy_source_range.as_deref().map(parse_range).transpose()?;
    let number = multipart::part_number(input.part_number)?;
    let conditions = Conditions {
        matches: input.copy_source_if_match,
        none_matches: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let part = store
        .blocking(move |store| {
            let upload = store.query(|sql| uploads::get(sql, &bucket, &key, &id))?;
            let (original, mut file) = get::open(store, &source.0, &source.1, source.2.as_deref())?;
            check_source(&conditions, &original)?;
            let size = u64::try_from(original.size).unwrap_or_default();
            let (first, end) = range.unwrap_or((0, size));
            if end > size || end - first > intake::SIZE_LIMIT {
                return Err(s3_error!(
                    InvalidArgument,
                    "The source has no such range: it has {size} bytes."
                )
                .into());
            }
            file.seek(SeekFrom::Start(first))?;
            let arrived = intake::copy(
                store,
                file.take(end - first),
                Digest::computing(upload.algorithm.as_deref()),
            )?;
            multipart::keep_part(store, &upload, number, arrived)
        })
        .await?;
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(part.etag)),
        last_modified: Some(timestamp(part.modified_ms)),
        ..CopyPartResult::default()
    };
    set_checksums!(result, part.checksums);
    Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
}

/// The bucket, the key, and the version where one is named.
fn source(source: &CopySource) -> Result<(String, String, Option<String>), Error> {
    let CopySource::Bucket { bucket, key, version_id } = source else {
        return Err(s3_error!(NotImplemented, "A copy's source is named by bucket and key.").into());
    };
    Ok((bucket.to_string(), key.to_string(), version_id.as_deref().map(str::to_owned)))
}

/// A copy has no "not modified": whatever does not hold is a failed precondition.
fn check_source(conditions: &Conditions, source: &Object) -> Result<(), Error> {
    conditions.check(source).map_err(|_| precondition_failed().into())
}

/// `bytes=<first>-<last>`, the only form S3 takes here; the end is excluded in what comes back.
fn parse_range(range: &str) -> Result<(u64, u64), Error> {
    match Range::parse(range) {
        Ok(Range::Int { first, last: Some(last) }) => Ok((first, last + 1)),
        _ => Err(s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be bytes=first-last."
        )
        .into()),
    }
}
