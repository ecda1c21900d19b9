//! The four lists: objects in both of S3's dialects, uploads under way, and the parts of one.

use std::collections::BTreeSet;

use s3s::dto::*;
use s3s::{S3Request, s3_error};

use super::multipart::kind;
use super::wire::{page_size, timestamp};
use crate::s3::digest::set_checksums;
use crate::s3::error::Error;
use crate::s3::events::url_encode;
use crate::s3::listing::{self, Page, Position, Query};
use crate::s3::objects;
use crate::s3::store::Store;
use crate::s3::uploads::{self, Upload};
use crate::s3::versions::{self, Listed};

pub(super) async fn version_1(
    store: &Store,
    request: S3Request<ListObjectsInput>,
) -> Result<ListObjectsOutput, Error> {
    let input = request.input;
    let wanted = Wanted::new(
        input.bucket,
        input.prefix,
        input.delimiter,
        input.max_keys,
        input.encoding_type,
    )?;
    let from = wanted.after(input.marker.as_deref());
    let page = wanted.page(store, from).await?;
    let (contents, common_prefixes) = wanted.entries(&page);
    Ok(ListObjectsOutput {
        name: Some(wanted.bucket.clone()),
        prefix: Some(wanted.encode(&wanted.prefix)),
        marker: Some(wanted.encode(&input.marker.unwrap_or_default())),
        max_keys: Some(wanted.limit),
        is_truncated: Some(page.next.is_some()),
        next_marker: page.next.and(page.last).map(|last| wanted.encode(&last)),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: wanted.delimiter.as_deref().map(|delimiter| wanted.encode(delimiter)),
        encoding_type: wanted.encoding,
        ..ListObjectsOutput::default()
    })
}

pub(super) async fn version_2(
    store: &Store,
    request: S3Request<ListObjectsV2Input>,
) -> Result<ListObjectsV2Output, Error> {
    let input = request.input;
    let wanted = Wanted::new(
        input.bucket,
        input.prefix,
        input.delimiter,
        input.max_keys,
        input.encoding_type,
    )?;
    let from = match &input.continuation_token {
        Some(token) => Position::from_token(token)?,
        None => wanted.after(input.start_after.as_deref()),
    };
    let page = wanted.page(store, from).await?;
    let (contents, common_prefixes) = wanted.entries(&page);
    Ok(ListObjectsV2Output {
        name: Some(wanted.bucket.clone()),
        prefix: Some(wanted.encode(&wanted.prefix)),
        max_keys: Some(wanted.limit),
        key_count: i32::try_from(contents.len() + common_prefixes.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_ref().map(Position::token),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: wanted.delimiter.as_deref().map(|delimiter| wanted.encode(delimiter)),
        start_after: input.start_after.map(|start| wanted.encode(&start)),
        encoding_type: wanted.encoding,
        ..ListObjectsV2Output::default()
    })
}

pub(super) async fn versions(
    store: &Store,
    request: S3Request<ListObjectVersionsInput>,
) -> Result<ListObjectVersionsOutput, Error> {
    let input = request.input;
    if input.delimiter.is_some() {
        return Err(s3_error!(NotImplemented, "Versions are listed without a delimiter.").into());
    }
    let (bucket, prefix) = (input.bucket, input.prefix);
    let wanted = Wanted::new(bucket, prefix, None, input.max_keys, input.encoding_type)?;
    let key_marker = input.key_marker.filter(|marker| !marker.is_empty());
    let after = key_marker.clone().map(|key| (key, input.version_id_marker.clone()));
    let (bucket, prefix) = (wanted.bucket.clone(), wanted.prefix.clone());
    let limit = to_usize(wanted.limit);
    let (listed, more) = store
        .blocking(move |store| {
            let after = after.as_ref().map(|(key, version)| (key.as_str(), version.as_deref()));
            store.query(|sql| versions::list(sql, &bucket, &prefix, after, limit))
        })
        .await?;
    let last = listed.last().filter(|_| more);
    let mut output = ListObjectVersionsOutput {
        name: Some(wanted.bucket.clone()),
        prefix: Some(wanted.encode(&wanted.prefix)),
        key_marker: key_marker.as_deref().map(|key| wanted.encode(key)),
        version_id_marker: input.version_id_marker,
        max_keys: Some(wanted.limit),
        is_truncated: Some(more),
        next_key_marker: last.map(|last| wanted.encode(&last.key)),
        next_version_id_marker: last.map(|last| last.version.clone()),
        ..ListObjectVersionsOutput::default()
    };
    tell_versions(&mut output, &wanted, listed);
    output.encoding_type = wanted.encoding;
    Ok(output)
}

fn tell_versions(output: &mut ListObjectVersionsOutput, wanted: &Wanted, listed: Vec<Listed>) {
    for Listed { key, version, is_latest, modified_ms, object } in listed {
        let (key, version) = (Some(wanted.encode(&key)), Some(version));
        let (is_latest, modified) = (Some(is_latest), Some(timestamp(modified_ms)));
        match object {
            Some(object) => output.versions.get_or_insert_default().push(ObjectVersion {
                key,
                version_id: version,
                is_latest,
                last_modified: modified,
                e_tag: Some(ETag::Strong(object.etag)),
                size: Some(object.size),
                ..ObjectVersion::default()
            }),
            None => output.delete_markers.get_or_insert_default().push(DeleteMarkerEntry {
                key,
                version_id: version,
                is_latest,
                last_modified: modified,
                ..DeleteMarkerEntry::default()
            }),
        }
    }
}

pub(super) async fn parts(
    store: &Store,
    request: S3Request<ListPartsInput>,
) -> Result<ListPartsOutput, Error> {
    let input = request.input;
    let limit = page_size(input.max_parts)?;
    let after = input.part_number_marker.unwrap_or_default();
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let (upload, mut parts) = store
        .blocking(move |store| {
            store.query(|sql| {
                let upload = uploads::get(sql, &bucket, &key, &id)?;
                let parts = uploads::parts(sql, &upload, after)?;
                Ok((upload, parts))
            })
        })
        .await?;
    let truncated = parts.len() > to_usize(limit);
    parts.truncate(to_usize(limit));
    let next = parts.last().map(|part| part.number).filter(|_| truncated);
    let parts = parts.into_iter().map(|part| {
        let mut listed = Part {
            part_number: Some(part.number),
            size: Some(part.size),
            e_tag: Some(ETag::Strong(part.etag)),
            last_modified: Some(timestamp(part.modified_ms)),
            ..Part::default()
        };
        set_checksums!(listed, part.checksums);
        listed
    });
    Ok(ListPartsOutput {
        parts: Some(parts.collect()),
        max_parts: Some(limit),
        is_truncated: Some(truncated),
        part_number_marker: Some(after),
        next_part_number_marker: next,
        checksum_type: upload.algorithm.as_ref().map(|_| kind(upload.composite)),
        checksum_algorithm: upload.algorithm.map(ChecksumAlgorithm::from),
        bucket: Some(upload.bucket),
        key: Some(upload.key),
        upload_id: Some(upload.id),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn uploads(
    store: &Store,
    request: S3Request<ListMultipartUploadsInput>,
) -> Result<ListMultipartUploadsOutput, Error> {
    let input = request.input;
    let wanted = Wanted::new(
        input.bucket,
        input.prefix,
        input.delimiter,
        input.max_uploads,
        input.encoding_type,
    )?;
    let key_marker = input.key_marker.unwrap_or_default();
    // Without an upload to go on from, the key's own are done with: no id sorts behind this.
    let id_marker =
        input.upload_id_marker.filter(|_| !key_marker.is_empty()).unwrap_or_else(|| "~".to_owned());
    let (bucket, prefix, after) =
        (wanted.bucket.clone(), wanted.prefix.clone(), (key_marker.clone(), id_marker));
    let found = store
        .blocking(move |store| {
            store.query(|sql| uploads::list(sql, &bucket, &prefix, (&after.0, &after.1)))
        })
        .await?;
    let (listed, prefixes, next) = wanted.group(found, &key_marker);
    let uploads = listed.into_iter().map(|upload| MultipartUpload {
        key: Some(wanted.encode(&upload.key)),
        upload_id: Some(upload.id),
        initiated: Some(timestamp(upload.initiated_ms)),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..MultipartUpload::default()
    });
    Ok(ListMultipartUploadsOutput {
        uploads: Some(uploads.collect()),
        common_prefixes: Some(wanted.prefixes(prefixes.iter())),
        bucket: Some(wanted.bucket.clone()),
        prefix: Some(wanted.encode(&wanted.prefix)),
        delimiter: wanted.delimiter.as_deref().map(|delimiter| wanted.encode(delimiter)),
        key_marker: Some(wanted.encode(&key_marker)),
        max_uploads: Some(wanted.limit),
        is_truncated: Some(next.is_some()),
        next_key_marker: next.as_ref().map(|(key, _)| wanted.encode(key)),
        next_upload_id_marker: next.map(|(_, id)| id),
        encoding_type: wanted.encoding,
        ..ListMultipartUploadsOutput::default()
    })
}

/// The parameters of every list of keys.
struct Wanted {
    bucket: String,
    prefix: String,
    delimiter: Option<String>,
    limit: i32,
    encoding: Option<EncodingType>,
}

impl Wanted {
    fn new(
        bucket: String,
        prefix: Option<String>,
        delimiter: Option<String>,
        limit: Option<i32>,
        encoding: Option<EncodingType>,
    ) -> Result<Self, Error> {
        let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty());
        Ok(Self {
            bucket,
            prefix: prefix.unwrap_or_default(),
            delimiter,
            limit: page_size(limit)?,
            encoding,
        })
    }

    fn after(&self, entry: Option<&str>) -> Position {
        let entry = entry.filter(|entry| !entry.is_empty());
        entry
            .map(|entry| Position::after(entry, &self.prefix, self.delimiter.as_deref()))
            .unwrap_or_default()
    }

    async fn page(&self, store: &Store, from: Position) -> Result<Page, Error> {
        let (bucket, prefix, delimiter) =
            (self.bucket.clone(), self.prefix.clone(), self.delimiter.clone());
        let limit = to_usize(self.limit);
        let page = store.blocking(move |store| {
            let delimiter = delimiter.as_deref();
            store.query(|sql| {
                listing::page(
                    sql,
                    &Query { bucket: &bucket, prefix: &prefix, delimiter, from, limit },
                )
            })
        });
        page.await
    }

    fn entries(&self, page: &Page) -> (Vec<Object>, Vec<CommonPrefix>) {
        (
            page.objects.iter().map(|object| self.object(object)).collect(),
            self.prefixes(page.prefixes.iter()),
        )
    }

    fn object(&self, object: &objects::Object) -> Object {
        let algorithms =
            object.checksums.each().map(|(algorithm, _)| ChecksumAlgorithm::from_static(algorithm));
        Object {
            key: Some(self.encode(&object.key)),
            size: Some(object.size),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(timestamp(object.modified_ms)),
            checksum_algorithm: Some(algorithms.collect()),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Object::default()
        }
    }

    fn prefixes<'a>(&self, prefixes: impl Iterator<Item = &'a String>) -> Vec<CommonPrefix> {
        prefixes.map(|prefix| CommonPrefix { prefix: Some(self.encode(prefix)) }).collect()
    }

    /// A page of uploads: those behind no delimiter, the common prefixes of the others, and where it goes on.
    #[allow(clippy::type_complexity, reason = "three parts that are taken apart where they arrive")]
    fn group(
        &self,
        found: Vec<Upload>,
        key_marker: &str,
    ) -> (Vec<Upload>, BTreeSet<String>, Option<(String, String)>) {
        let (mut listed, mut prefixes): (Vec<Upload>, BTreeSet<String>) = Default::default();
        for upload in found {
            let prefix =
                listing::common_prefix(&upload.key, &self.prefix, self.delimiter.as_deref());
            if prefix
                .is_some_and(|prefix| prefixes.contains(prefix) || key_marker.starts_with(prefix))
            {
                continue;
            }
            if listed.len() + prefixes.len() == to_usize(self.limit) {
                let upload = listed.last().map(|upload| (upload.key.clone(), upload.id.clone()));
                let prefix = prefixes.last().map(|prefix| (prefix.clone(), String::new()));
                return (listed, prefixes, upload.max(prefix));
            }
            match prefix {
                Some(prefix) => drop(prefixes.insert(prefix.to_owned())),
                None => listed.push(upload),
            }
        }
        (listed, prefixes, None)
    }

    /// Keys may hold characters that XML cannot; a client that knows asks for them URL-encoded.
    fn encode(&self, key: &str) -> String {
        match &self.encoding {
            Some(encoding) if encoding.as_str() == EncodingType::URL => url_encode(key),
            _ => key.to_owned(),
        }
    }
}

fn to_usize(limit: i32) -> usize {
    usize::try_from(limit).unwrap_or_default()
}
