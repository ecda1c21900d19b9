//! Multipart uploads: begin, bring parts, and either make them an object or drop them.

use std::io::Write as _;

use s3s::dto::*;
use s3s::{S3Request, s3_error};
use tempfile::NamedTempFile;

use super::intake::{self, Arrived, Declared};
use super::put::precondition;
use super::wire::attributes_of;
use crate::s3::changes;
use crate::s3::digest::{self, Checksums, Digest, checksums_of, set_checksums};
use crate::s3::error::Error;
use crate::s3::events::Kind;
use crate::s3::objects::{Object, Precondition};
use crate::s3::store::Store;
use crate::s3::uploads::{self, Part, Upload};

/// The least that every part but the last must hold, as on S3.
const PART_MINIMUM: i64 = 5 * 1024 * 1024;

pub(super) async fn create(
    store: &Store,
    request: S3Request<CreateMultipartUploadInput>,
) -> Result<CreateMultipartUploadOutput, Error> {
    let input = request.input;
    let attributes = attributes_of!(input);
    let algorithm =
        input.checksum_algorithm.as_ref().map(|it| digest::algorithm(it.as_str())).transpose()?;
    let composite = is_composite(algorithm, input.checksum_type.as_ref())?;
    let (bucket, key) = (input.bucket, input.key);
    let upload = store
        .blocking(move |store| {
            store.change(|change| {
                // Time first, so that uploads to one key list in the order they were begun.
                let id = format!("{:012x}{:032x}", change.now_ms, rand::random::<u128>());
                let algorithm = algorithm.map(str::to_owned);
                let initiated_ms = change.now_ms;
                let upload =
                    Upload { id, bucket, key, initiated_ms, attributes, algorithm, composite };
                uploads::create(change, &upload)?;
                Ok(upload)
            })
        })
        .await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(upload.bucket),
        key: Some(upload.key),
        upload_id: Some(upload.id),
        checksum_type: algorithm.map(|_| kind(composite)),
        checksum_algorithm: input.checksum_algorithm,
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn upload_part(
    store: &Store,
    request: S3Request<UploadPartInput>,
) -> Result<UploadPartOutput, Error> {
    let mut input = request.input;
    let number = part_number(input.part_number)?;
    let length = intake::length(&request.headers, input.content_length)?;
    let checksums = checksums_of!(input);
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let upload = store
        .blocking(move |store| store.query(|sql| uploads::get(sql, &bucket, &key, &id)))
        .await?;
    let asked = input
        .checksum_algorithm
        .as_ref()
        .map(ChecksumAlgorithm::as_str)
        .or(upload.algorithm.as_deref());
    let declared = Declared::new(
        &request.headers,
        request.trailing_headers,
        Some(length),
        input.content_md5.take(),
        checksums,
        asked,
    )?;
    let arrived = intake::receive(store, input.body, declared).await?;
    let part = store.blocking(move |store| keep_part(store, &upload, number, arrived)).await?;
    let mut output =
        UploadPartOutput { e_tag: Some(ETag::Strong(part.etag)), ..UploadPartOutput::default() };
    set_checksums!(output, part.checksums);
    Ok(output)
}

pub(super) async fn complete(
    store: &Store,
    request: S3Request<CompleteMultipartUploadInput>,
) -> Result<CompleteMultipartUploadOutput, Error> {
    let input = request.input;
    let precondition = precondition(input.if_match.clone(), input.if_none_match.clone())?;
    let declared = checksums_of!(input);
    let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let (bucket, key, id, size) = (input.bucket, input.key, input.upload_id, input.mpu_object_size);
    let (upload, object) = store
        .blocking(move |store| {
            let upload = store.query(|sql| uploads::get(sql, &bucket, &key, &id))?;
            let arrived = store.query(|sql| uploads::parts(sql, &upload, 0))?;
            let parts = choose(&named, &arrived)?;
            if size.is_some_and(|size| size != parts.iter().map(|part| part.size).sum::<i64>()) {
                return Err(s3_error!(
                    InvalidRequest,
                    "The parts do not add up to x-amz-mp-object-size."
                )
                .into());
            }
            let (draft, checksums) = assemble(store, &upload, &parts)?;
            declared.verify(&checksums)?;
            let object = finish(store, &upload, &parts, draft, checksums, &precondition)?;
            Ok((upload, object))
        })
        .await?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", upload.bucket, upload.key)),
        bucket: Some(upload.bucket),
        key: Some(upload.key),
        e_tag: Some(ETag::Strong(object.etag)),
        checksum_type: upload.algorithm.map(|_| kind(upload.composite)),
        ..CompleteMultipartUploadOutput::default()
    };
    set_checksums!(output, object.checksums);
    Ok(output)
}

pub(super) async fn abort(
    store: &Store,
    request: S3Request<AbortMultipartUploadInput>,
) -> Result<AbortMultipartUploadOutput, Error> {
    let AbortMultipartUploadInput { bucket, key, upload_id, .. } = request.input;
    let removed = store.blocking(move |store| {
        store.change(|change| {
            let upload = uploads::get(&change.sql, &bucket, &key, &upload_id)?;
            uploads::remove(change, &upload)
        })
    });
    removed.await?;
    Ok(AbortMultipartUploadOutput::default())
}

/// Makes bytes that have arrived a part of an upload. Blocks.
pub(super) fn keep_part(
    store: &Store,
    upload: &Upload,
    number: i32,
    arrived: Arrived,
) -> Result<Part, Error> {
    let blob = store.blobs().keep(arrived.draft)?;
    let part = store.change(|change| {
        let part = Part {
            number,
            size: i64::try_from(arrived.digested.size).unwrap_or(i64::MAX),
            etag: arrived.digested.etag(),
            modified_ms: change.now_ms,
            checksums: arrived.digested.checksums.clone(),
            blob: blob.name().to_owned(),
        };
        uploads::put_part(change, upload, &part)?;
        Ok(part)
    })?;
    blob.referenced();
    Ok(part)
}

pub(super) fn part_number(number: PartNumber) -> Result<i32, Error> {
    if (1..=10_000).contains(&number) {
        return Ok(number);
    }
    Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive")
        .into())
}

pub(super) fn kind(composite: bool) -> ChecksumType {
    ChecksumType::from_static(if composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    })
}

/// True if the upload's checksum is one over its parts' checksums: as asked for, or as S3 defaults.
fn is_composite(algorithm: Option<&str>, asked: Option<&ChecksumType>) -> Result<bool, Error> {
    let Some(algorithm) = algorithm else {
        return Ok(false);
    };
    let composite =
        asked.map_or(algorithm != "CRC64NVME", |asked| asked.as_str() == ChecksumType::COMPOSITE);
    let possible =
        if composite { algorithm != "CRC64NVME" } else { digest::spans_parts(algorithm) };
    if possible {
        return Ok(composite);
    }
    Err(s3_error!(
        InvalidRequest,
        "{algorithm} does not come with the checksum type that was asked for."
    )
    .into())
}

/// The parts that the client names, in its order, which must be that of their numbers.
fn choose(named: &[CompletedPart], arrived: &[Part]) -> Result<Vec<Part>, Error> {
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part").into());
    }
    let mut chosen: Vec<Part> = Vec::with_capacity(named.len());
    for name in named {
        let number = name.part_number.unwrap_or_default();
        if chosen.last().is_some_and(|last| last.number >= number) {
            return Err(
                s3_error!(InvalidPartOrder, "The parts must be named in ascending order.").into()
            );
        }
        let part = arrived.iter().find(|part| part.number == number && is_named(part, name));
        let part = part.ok_or_else(|| {
            s3_error!(
                InvalidPart,
                "Part {number} could not be found, or its ETag or checksum is another."
            )
        })?;
        chosen.push(part.clone());
    }
    let all_but_last = chosen.iter().rev().skip(1);
    if all_but_last.into_iter().any(|part| part.size < PART_MINIMUM) {
        return Err(
            s3_error!(EntityTooSmall, "A part other than the last is smaller than 5 MiB.").into()
        );
    }
    Ok(chosen)
}

fn is_named(part: &Part, name: &CompletedPart) -> bool {
    let same_bytes = name.e_tag.as_ref().is_some_and(|etag| etag.value() == part.etag);
    same_bytes && checksums_of!(name).verify(&part.checksums).is_ok()
}

/// Puts the parts' bytes together, with the checksum that was asked for.
fn assemble(
    store: &Store,
    upload: &Upload,
    parts: &[Part],
) -> Result<(NamedTempFile, Checksums), Error> {
    let mut checksums = Checksums::default();
    let Some(algorithm) = upload.algorithm.as_deref().filter(|_| !upload.composite) else {
        let mut draft = store.blobs().draft()?;
        std::io::copy(&mut InOrder::new(store, parts), draft.as_file_mut()).map_err(gone)?;
        draft.flush()?;
        if let Some(algorithm) = upload.algorithm.as_deref() {
            let each: Vec<&str> =
                parts.iter().filter_map(|part| part.checksums.get(algorithm)).collect();
            checksums.set(algorithm, digest::of_parts(algorithm, &each)?);
        }
        return Ok((draft, checksums));
    };
    let whole = InOrder::new(store, parts);
    let arrived = intake::copy(store, whole, Digest::computing([algorithm]));
    let arrived = arrived.map_err(|error| match error {
        Error::Io(error) => gone(error),
        error => error,
    })?;
    Ok((arrived.draft, arrived.digested.checksums))
}

/// A part that is gone was replaced or aborted since it was looked up.
fn gone(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => uploads::no_such_upload().into(),
        _ => error.into(),
    }
}

/// The parts' bytes one after the other, of which one file is open at a time: there may be ten thousand.
struct InOrder<'a> {
    store: &'a Store,
    left: std::slice::Iter<'a, Part>,
    open: Option<std::fs::File>,
}

impl<'a> InOrder<'a> {
    fn new(store: &'a Store, parts: &'a [Part]) -> Self {
        Self { store, left: parts.iter(), open: None }
    }
}

impl std::io::Read for InOrder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(file) = &mut self.open {
                let read = file.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
            }
            let Some(part) = self.left.next() else { return Ok(0) };
            self.open = Some(self.store.blobs().read(&part.blob)?);
        }
    }
}

/// Replaces the upload by the object, unless its parts have changed meanwhile.
fn finish(
    store: &Store,
    upload: &Upload,
    parts: &[Part],
    draft: NamedTempFile,
    checksums: Checksums,
    precondition: &Precondition,
) -> Result<Object, Error> {
    let etags: Vec<&str> = parts.iter().map(|part| part.etag.as_str()).collect();
    let blob = store.blobs().keep(draft)?;
    let object = store.change(|change| {
        uploads::get(&change.sql, &upload.bucket, &upload.key, &upload.id)?;
        let now = uploads::parts(&change.sql, upload, 0)?;
        if parts.iter().any(|part| !now.contains(part)) {
            return Err(s3_error!(
                InvalidPart,
                "A part was replaced while the upload was completed."
            )
            .into());
        }
        let object = Object {
            key: upload.key.clone(),
            size: parts.iter().map(|part| part.size).sum(),
            etag: digest::multipart_etag(&etags),
            modified_ms: change.now_ms,
            attributes: upload.attributes.clone(),
            checksums,
            blob: blob.name().to_owned(),
            version: None,
        };
        let kind = Kind::CompleteMultipartUpload;
        let object = changes::put(change, &upload.bucket, object, precondition, kind)?;
        uploads::remove(change, upload)?;
        Ok(object)
    })?;
    blob.referenced();
    Ok(object)
}
