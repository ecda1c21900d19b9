//! Small conversions between the wire types and the stored ones.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use s3s::dto::{Metadata, Timestamp, TimestampFormat};
use s3s::{S3Error, s3_error};

use crate::s3::error::Error;

/// The most user metadata that S3 allows, names and values together.
const METADATA_LIMIT: usize = 2048;

/// The type that S3 gives an object when nobody said one.
const UNKNOWN_TYPE: &str = "binary/octet-stream";

/// Reads the headers that `PutObject`, `CopyObject` and `CreateMultipartUpload` have in common.
macro_rules! attributes_of {
    ($input:expr) => {
        $crate::s3::objects::Attributes {
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $crate::s3::handlers::wire::stored_encoding(
                $input.content_encoding.as_deref(),
            ),
            content_language: $input.content_language.clone(),
            content_type: $input.content_type.clone(),
            expires: $input.expires.as_ref().and_then($crate::s3::handlers::wire::http_date),
            website_redirect_location: $input.website_redirect_location.clone(),
            metadata: $crate::s3::handlers::wire::metadata($input.metadata.clone())?,
        }
    };
}

/// Sets the headers that `GetObject` and `HeadObject` have in common.
macro_rules! set_attributes {
    ($output:expr, $attributes:expr) => {{
        let attributes: $crate::s3::objects::Attributes = $attributes;
        $output.cache_control = attributes.cache_control;
        $output.content_disposition = attributes.content_disposition;
        $output.content_encoding = attributes.content_encoding;
        $output.content_language = attributes.content_language;
        $output.content_type =
            Some($crate::s3::handlers::wire::content_type(attributes.content_type));
        $output.expires =
            attributes.expires.as_deref().and_then($crate::s3::handlers::wire::from_http_date);
        $output.website_redirect_location = attributes.website_redirect_location;
        $output.metadata = Some(attributes.metadata.into_iter().collect());
    }};
}

pub(super) use {attributes_of, set_attributes};

pub(super) fn timestamp(ms: i64) -> Timestamp {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    Timestamp::from(UNIX_EPOCH + since)
}

/// A time as headers carry it, which is what conditions compare: whole seconds.
pub(super) fn header_timestamp(ms: i64) -> Timestamp {
    timestamp(ms - ms.rem_euclid(1000))
}

pub(super) fn http_date(time: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    time.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}

pub(super) fn from_http_date(date: &str) -> Option<Timestamp> {
    Timestamp::parse(TimestampFormat::HttpDate, date).ok()
}

/// `aws-chunked` says how the body travelled, not what the object is.
pub(super) fn stored_encoding(header: Option<&str>) -> Option<String> {
    let encodings = header?.split(',').map(str::trim);
    let kept: Vec<&str> =
        encodings.filter(|encoding| !encoding.is_empty() && *encoding != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

pub(super) fn content_type(stored: Option<String>) -> String {
    stored.filter(|value| !value.is_empty()).unwrap_or_else(|| UNKNOWN_TYPE.to_owned())
}

pub(super) fn metadata(sent: Option<Metadata>) -> Result<BTreeMap<String, String>, S3Error> {
    let metadata: BTreeMap<String, String> = sent.unwrap_or_default().into_iter().collect();
    let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > METADATA_LIMIT {
        return Err(s3_error!(
            MetadataTooLarge,
            "Your metadata headers exceed the maximum allowed metadata size"
        ));
    }
    Ok(metadata)
}

/// A page size as asked for: S3 gives at most 1,000 and refuses negative numbers.
pub(super) fn page_size(asked: Option<i32>) -> Result<i32, Error> {
    match asked {
        Some(asked) if asked < 0 => {
            Err(s3_error!(InvalidArgument, "A page size must be between 0 and 2147483647.").into())
        }
        asked => Ok(asked.unwrap_or(1000).min(1000)),
    }
}
