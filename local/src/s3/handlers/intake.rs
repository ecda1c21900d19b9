//! Bytes on their way in: into a draft, counted and hashed, and refused before anything is stored.

use std::io::{Read, Write as _};

use bytes::Bytes;
use futures::StreamExt as _;
use http::HeaderMap;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, StdError, TrailingHeaders, s3_error};
use tempfile::NamedTempFile;

use crate::s3::digest::{self, Checksums, Digest, Digested};
use crate::s3::error::Error;
use crate::s3::store::Store;

/// The most that one request may bring, as on S3.
pub(super) const SIZE_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// The bytes that are gathered before they are written and hashed in one go, off the reactor.
const BATCH: usize = 1024 * 1024;

/// Bytes that have arrived in full. Dropped, they are gone.
pub(super) struct Arrived {
    pub(super) draft: NamedTempFile,
    pub(super) digested: Digested,
}

/// The client's word on the bytes that it sends.
pub(super) struct Declared {
    pub(super) length: Option<i64>,
    pub(super) md5: Option<String>,
    pub(super) checksums: Checksums,
    /// The algorithm that is asked for, with or without a value.
    pub(super) asked: Option<&'static str>,
    /// The algorithms whose values are to come behind the body.
    pub(super) announced: Vec<&'static str>,
    pub(super) trailers: Option<TrailingHeaders>,
}

/// The length of the bytes themselves, which S3 wants to know before they come.
pub(super) fn length(headers: &HeaderMap, content_length: Option<i64>) -> Result<i64, S3Error> {
    let decoded = || headers.get("x-amz-decoded-content-length")?.to_str().ok()?.parse().ok();
    content_length.or_else(decoded).ok_or_else(|| {
        s3_error!(MissingContentLength, "You must provide the Content-Length HTTP header.")
    })
}

impl Declared {
    /// Gathers the declarations of a request.
    pub(super) fn new(
        headers: &HeaderMap,
        trailers: Option<TrailingHeaders>,
        length: Option<i64>,
        md5: Option<String>,
        checksums: Checksums,
        algorithm: Option<&str>,
    ) -> Result<Self, Error> {
        let asked = algorithm.map(digest::algorithm).transpose()?;
        Ok(Self { length, md5, checksums, asked, announced: digest::announced(headers), trailers })
    }
}

/// Receives a body and checks it against what was declared.
pub(super) async fn receive(
    store: &Store,
    body: Option<StreamingBlob>,
    mut declared: Declared,
) -> Result<Arrived, Error> {
    let length = declared.length.and_then(|length| u64::try_from(length).ok());
    if length.is_some_and(|length| length > SIZE_LIMIT) {
        return Err(too_large().into());
    }
    let computed = declared.checksums.each().map(|(algorithm, _)| algorithm);
    let digest =
        Digest::computing(computed.chain(declared.asked).chain(declared.announced.iter().copied()));
    let arrived = drain(store, body, digest).await?;
    if length.is_some_and(|length| length != arrived.digested.size) {
        return Err(incomplete().into());
    }
    if let Some(trailers) = declared.trailers.as_ref().and_then(TrailingHeaders::take) {
        declared.checksums.read_trailers(&trailers);
    }
    if declared.announced.iter().any(|algorithm| declared.checksums.get(algorithm).is_none()) {
        return Err(
            s3_error!(InvalidRequest, "A trailer that was announced did not arrive.").into()
        );
    }
    arrived.digested.verify_md5(declared.md5.as_deref())?;
    declared.checksums.verify(&arrived.digested.checksums)?;
    Ok(arrived)
}

/// Copies bytes that are here already. Blocks.
pub(super) fn copy(
    store: &Store,
    mut from: impl Read,
    mut digest: Digest,
) -> Result<Arrived, Error> {
    let mut draft = store.blobs().draft()?;
    let mut buffer = vec![0; BATCH];
    loop {
        let read = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        digest.update(bytes);
        draft.write_all(bytes)?;
    }
    Ok(Arrived { draft, digested: digest.finish() })
}

async fn drain(
    store: &Store,
    body: Option<StreamingBlob>,
    mut digest: Digest,
) -> Result<Arrived, Error> {
    let mut draft = store.blocking(|store| Ok(store.blobs().draft()?)).await?;
    let Some(mut body) = body else {
        return Ok(Arrived { draft, digested: digest.finish() });
    };
    let mut received = 0;
    loop {
        let (batch, ended) = next_batch(&mut body).await?;
        received += batch.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        if received > SIZE_LIMIT {
            return Err(too_large().into());
        }
        (draft, digest) = store
            .blocking(move |_| {
                for bytes in batch {
                    digest.update(&bytes);
                    draft.write_all(&bytes)?;
                }
                Ok((draft, digest))
            })
            .await?;
        if ended {
            return Ok(Arrived { draft, digested: digest.finish() });
        }
    }
}

/// The next chunks of a body, and whether they were the last.
async fn next_batch(body: &mut StreamingBlob) -> Result<(Vec<Bytes>, bool), S3Error> {
    let mut batch = Vec::new();
    let mut size = 0;
    while size < BATCH {
        let Some(chunk) = body.next().await else {
            return Ok((batch, true));
        };
        let chunk = chunk.map_err(broken_off)?;
        size += chunk.len();
        batch.push(chunk);
    }
    Ok((batch, false))
}

/// The reason for which a body ended before its end. `s3s` keeps the types to itself, so that only their text can tell.
fn broken_off(error: StdError) -> S3Error {
    let text = error.to_string();
    let mut refusal = if text.contains("Sha256Mismatch") {
        s3_error!(BadDigest, "The provided x-amz-content-sha256 header does not match the body.")
    } else if text.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch, "The signature of a chunk does not match.")
    } else {
        incomplete()
    };
    refusal.set_source(error);
    refusal
}

fn incomplete() -> S3Error {
    s3_error!(
        IncompleteBody,
        "You did not provide the number of bytes specified by the Content-Length header."
    )
}

fn too_large() -> S3Error {
    s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed object size.")
}
