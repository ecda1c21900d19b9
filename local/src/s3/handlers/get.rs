//! `GetObject` and `HeadObject`: conditions, ranges, and the object's own headers.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::ops::Range as Span;

use http::header::{CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::dto::*;
use s3s::{S3Error, S3Request, s3_error};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::wire::{header_timestamp, http_date, set_attributes};
use crate::s3::changes;
use crate::s3::digest::{Checksums, set_checksums};
use crate::s3::error::Error;
use crate::s3::objects::{Object, precondition_failed};
use crate::s3::store::Store;

/// The bytes of a file that are read at a time.
const CHUNK: usize = 64 * 1024;

/// The conditions on which a client wants an object.
pub(super) struct Conditions {
    pub(super) matches: Option<ETagCondition>,
    pub(super) none_matches: Option<ETagCondition>,
    pub(super) modified_since: Option<Timestamp>,
    pub(super) unmodified_since: Option<Timestamp>,
}

pub(super) async fn get(
    store: &Store,
    request: S3Request<GetObjectInput>,
) -> Result<GetObjectOutput, Error> {
    let input = request.input;
    require_whole(input.part_number)?;
    let (bucket, key, range) = (input.bucket, input.key, input.range);
    let version = input.version_id;
    let conditions = Conditions {
        matches: input.if_match,
        none_matches: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    let (object, file, span) = store
        .blocking(move |store| {
            let (object, mut file) = open(store, &bucket, &key, version.as_deref())?;
            conditions.check(&object)?;
            let span = span(range.as_ref(), &object)?;
            if let Some(span) = &span {
                file.seek(SeekFrom::Start(span.start))?;
            }
            Ok((object, file, span))
        })
        .await?;
    let size = u64::try_from(object.size).unwrap_or_default();
    let length = span.as_ref().map_or(size, |span| span.end - span.start);
    let body = ReaderStream::with_capacity(tokio::fs::File::from_std(file).take(length), CHUNK);
    let mut output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(StreamingBlob::wrap(body)),
        content_length: i64::try_from(length).ok(),
        content_range: span
            .as_ref()
            .map(|span| format!("bytes {}-{}/{size}", span.start, span.end - 1)),
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(header_timestamp(object.modified_ms)),
        version_id: object.version,
        ..GetObjectOutput::default()
    };
    if let Some(checksums) =
        asked_checksums(object.checksums, input.checksum_mode.as_ref(), span.is_none())
    {
        output.checksum_type = Some(checksum_type(&checksums));
        set_checksums!(output, checksums);
    }
    set_attributes!(output, object.attributes);
    Ok(output)
}

pub(super) async fn head(
    store: &Store,
    request: S3Request<HeadObjectInput>,
) -> Result<HeadObjectOutput, Error> {
    let input = request.input;
    require_whole(input.part_number)?;
    let (bucket, key, version) = (input.bucket, input.key, input.version_id);
    let conditions = Conditions {
        matches: input.if_match,
        none_matches: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    let object = store
        .blocking(move |store| {
            let version = version.as_deref();
            store.query(|sql| changes::get_version(sql, &bucket, &key, version))
        })
        .await?;
    conditions.check(&object)?;
    let mut output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(object.size),
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(header_timestamp(object.modified_ms)),
        version_id: object.version,
        ..HeadObjectOutput::default()
    };
    if let Some(checksums) = asked_checksums(object.checksums, input.checksum_mode.as_ref(), true) {
        output.checksum_type = Some(checksum_type(&checksums));
        set_checksums!(output, checksums);
    }
    set_attributes!(output, object.attributes);
    // `s3s` applies the overrides to GetObject only.
    output.cache_control = input.response_cache_control.or(output.cache_control);
    output.content_disposition = input.response_content_disposition.or(output.content_disposition);
    output.content_encoding = input.response_content_encoding.or(output.content_encoding);
    output.content_language = input.response_content_language.or(output.content_language);
    output.content_type = input.response_content_type.or(output.content_type);
    output.expires = input.response_expires.or(output.expires);
    Ok(output)
}

/// An object with its bytes. Both are looked up under the database's lock: a blob is removed only after a later
/// transaction, and an open file outlives its removal. Blocks.
pub(super) fn open(
    store: &Store,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<(Object, File), Error> {
    store.query(|sql| {
        let object = changes::get_version(sql, bucket, key, version)?;
        let file = store.blobs().read(&object.blob)?;
        Ok((object, file))
    })
}

impl Conditions {
    /// RFC 9110 in S3's words: the `ETag` decides where one is given, and the time only otherwise.
    pub(super) fn check(&self, object: &Object) -> Result<(), S3Error> {
        let modified = header_timestamp(object.modified_ms);
        let current = match (&self.matches, &self.unmodified_since) {
            (Some(condition), _) => object.is(condition),
            (None, Some(since)) => modified <= *since,
            (None, None) => true,
        };
        if !current {
            return Err(precondition_failed());
        }
        let wanted = match (&self.none_matches, &self.modified_since) {
            (Some(ETagCondition::Any), _) => false,
            (Some(ETagCondition::ETag(etag)), _) => etag.value() != object.etag,
            (None, Some(since)) => modified > *since,
            (None, None) => true,
        };
        if wanted { Ok(()) } else { Err(not_modified(object)) }
    }
}

/// The bytes a range asks for, end excluded. An empty object has none to give.
fn span(range: Option<&Range>, object: &Object) -> Result<Option<Span<u64>>, S3Error> {
    let Some(range) = range else { return Ok(None) };
    let size = u64::try_from(object.size).unwrap_or_default();
    match range.check(size) {
        Ok(span) if !span.is_empty() => Ok(Some(span)),
        _ => {
            let mut refusal = s3_error!(InvalidRange, "The requested range is not satisfiable");
            refusal.set_headers(error_headers([(CONTENT_RANGE, Some(format!("bytes */{size}")))]));
            Err(refusal)
        }
    }
}

fn require_whole(part: Option<PartNumber>) -> Result<(), Error> {
    if part.is_some() {
        return Err(s3_error!(NotImplemented, "Objects cannot be read by part number.").into());
    }
    Ok(())
}

/// The checksums to show: those of the whole object, to those who ask.
fn asked_checksums(
    checksums: Checksums,
    mode: Option<&ChecksumMode>,
    whole: bool,
) -> Option<Checksums> {
    let asked = mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    (asked && whole && checksums != Checksums::default()).then_some(checksums)
}

pub(super) fn checksum_type(checksums: &Checksums) -> ChecksumType {
    let kind =
        if checksums.composite() { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT };
    ChecksumType::from_static(kind)
}

fn not_modified(object: &Object) -> S3Error {
    let mut refusal = s3_error!(NotModified, "Not Modified");
    let modified = http_date(&header_timestamp(object.modified_ms));
    refusal.set_headers(error_headers([
        (ETAG, Some(format!("\"{}\"", object.etag))),
        (LAST_MODIFIED, modified),
    ]));
    refusal
}

/// Headers for an error. Setting any replaces the content type that `s3s` sets.
fn error_headers<const N: usize>(headers: [(HeaderName, Option<String>); N]) -> HeaderMap {
    let mut map = HeaderMap::new();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            map.insert(name, value);
        }
    }
    map
}
