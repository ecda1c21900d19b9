//! S3, as configured by the environment.

use std::collections::{BTreeMap, HashMap};

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, EncodingType};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{Checksum, ContentType, Error, Record, Result, Timestamp};
use percent_encoding::percent_decode_str;
use platform::Environment;

use crate::media::RangeRead;

/// The most objects that are deleted at a time.
pub(crate) const DELETES_AT_ONCE: usize = 8;

/// The time that a session's signatures are relied on where nothing says how long the session lives, in
/// seconds: the shortest session that a role gives.
const SESSION: u64 = 3600;

/// The bucket.
#[derive(Debug, Clone)]
pub struct Objects {
    pub(crate) client: Client,
    /// Signs against the address that callers reach.
    pub(crate) signer: Client,
    pub(crate) bucket: String,
    /// The most seconds that a signature by these credentials is sure to hold; none for a week.
    pub(crate) signature_life: Option<u64>,
}

/// An object, as far as it is known without its bytes.
#[derive(Debug, Clone)]
pub struct Head {
    /// Bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// To the second.
    pub last_modified: Timestamp,
    /// The type that the uploader said.
    pub content_type: Option<String>,
    /// The checksum, where the uploader gave one and S3 checked it.
    pub checksum_sha256: Option<Checksum>,
    /// `x-amz-meta-*`, names in lower case without the prefix.
    pub metadata: HashMap<String, String>,
}

/// One object of a listing.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Without quotes.
    pub etag: Option<String>,
    /// To the second.
    pub last_modified: Timestamp,
}

impl Objects {
    /// The bucket that the environment names: on AWS `STORAGE_BUCKET` alone; elsewhere
    /// `STORAGE_ENDPOINT`, `STORAGE_REGION`, `STORAGE_ACCESS_KEY_ID`, `STORAGE_SECRET_KEY`,
    /// `STORAGE_PUBLIC_URL` and `STORAGE_FORCE_PATH_STYLE` (default true with an endpoint) as well.
    pub fn of(environment: &Environment) -> Result<Self> {
        let optional = |name| environment.optional(name);
        let endpoint = optional("STORAGE_ENDPOINT");
        let region = optional("STORAGE_REGION")
            .map_or_else(|| environment.region(), |region| Ok(Region::new(region)))?;
        let credentials = match optional("STORAGE_ACCESS_KEY_ID") {
            Some(id) => {
                let secret = environment.variable("STORAGE_SECRET_KEY")?;
                Credentials::new(id, secret, None, None, "storage")
            }
            None => environment.credentials()?,
        };
        let path_style = match optional("STORAGE_FORCE_PATH_STYLE") {
            Some(text) => text.parse().map_err(|_| {
                Error::internal(
                    "the environment variable STORAGE_FORCE_PATH_STYLE takes true or false",
                )
            })?,
            None => endpoint.is_some(),
        };
        let http = environment.http(endpoint.as_deref())?;
        let public = optional("STORAGE_PUBLIC_URL").or_else(|| endpoint.clone());
        let bucket = environment.variable("STORAGE_BUCKET")?;
        Ok(Self::new(&bucket, endpoint, public, path_style, region, &credentials, http))
    }

    /// The bucket at `endpoint`, which callers reach at `public`; both none on AWS.
    #[must_use]
    pub fn new(
        bucket: &str,
        endpoint: Option<String>,
        public: Option<String>,
        path_style: bool,
        region: Region,
        credentials: &Credentials,
        http: SharedHttpClient,
    ) -> Self {
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .credentials_provider(credentials.clone())
            .force_path_style(path_style)
            // R2 and others refuse the trailers that the SDK sends by default.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .http_client(http);
        config.set_endpoint_url(endpoint);
        let config = config.build();
        let mut signer = config.to_builder();
        signer.set_endpoint_url(public);
        Self {
            client: Client::from_conf(config),
            signer: Client::from_conf(signer.build()),
            bucket: bucket.to_owned(),
            signature_life: credentials.session_token().map(|_| SESSION),
        }
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Looks at the object; none where there is none.
    pub async fn head(&self, key: &str) -> Result<Option<Head>> {
        let answer = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await;
        let head = match answer {
            Ok(head) => head,
            Err(e) if e.as_service_error().is_some_and(HeadObjectError::is_not_found) => {
                return Ok(None);
            }
            Err(e) => return Err(failure(e)),
        };
        // A multipart upload's checksum is one of its parts' checksums, and has a suffix.
        let checksum = head.checksum_sha256().and_then(|text| STANDARD.decode(text).ok());
        Ok(Some(Head {
            size: head.content_length().unwrap_or_default().try_into().unwrap_or_default(),
            etag: head.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
            last_modified: timestamp(head.last_modified()),
            content_type: head.content_type().map(str::to_owned),
            checksum_sha256: checksum.and_then(|bytes| Checksum::try_from(hex::encode(bytes)).ok()),
            metadata: head.metadata.unwrap_or_default(),
        }))
    }

    /// Reads of the object while its `ETag` is `etag`.
    #[must_use]
    pub fn reader<'a>(&'a self, key: &'a str, etag: &'a str) -> ObjectReader<'a> {
        ObjectReader { objects: self, key, etag }
    }

    /// The object's bytes; none where there is no object, or where it has more than `most` bytes, of
    /// which no more than that are held.
    pub async fn read(&self, key: &str, most: usize) -> Result<Option<Vec<u8>>> {
        let Some(download) = self.download(key, None).await? else { return Ok(None) };
        match download.up_to(most).await {
            Err(Error::NotFound) => Ok(None),
            read => read,
        }
    }

    /// Stores a small object, unless the key is taken: then it holds what an earlier attempt put.
    /// The object's `ETag` comes back.
    pub async fn put_new(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &ContentType,
    ) -> Result<Option<String>> {
        let checksum = Checksum::of(&bytes);
        self.put_over(key, None, bytes, &checksum, content_type.as_str()).await
    }

    /// Stores an object in the place of the one with this `ETag`, or of none; false where something else
    /// is there by now. An attempt that came through without an answer counts.
    pub async fn put_in_place_of(
        &self,
        key: &str,
        etag: Option<&str>,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<bool> {
        let checksum = Checksum::of(&bytes);
        if self.put_over(key, etag, bytes, &checksum, content_type).await?.is_some() {
            return Ok(true);
        }
        let found = self.head(key).await?;
        Ok(found.is_some_and(|found| found.checksum_sha256 == Some(checksum)))
    }

    /// The `ETag` of what was stored; none where what is there is not the object with `etag`, or where
    /// there is one and none was expected.
    async fn put_over(
        &self,
        key: &str,
        etag: Option<&str>,
        bytes: Vec<u8>,
        checksum: &Checksum,
        content_type: &str,
    ) -> Result<Option<String>> {
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        let put = match etag {
            Some(etag) => put.if_match(format!("\"{etag}\"")),
            None => put.if_none_match("*"),
        };
        let put = put.content_type(content_type).checksum_sha256(STANDARD.encode(checksum.bytes()));
        match put.body(ByteStream::from(bytes)).send().await {
            Ok(put) => Ok(put.e_tag().map(|etag| etag.trim_matches('"').to_owned())),
            Err(e) if matches!(code(&e), Some("PreconditionFailed" | "NoSuchKey")) => Ok(None),
            Err(e) => Err(failure(e)),
        }
    }

    /// Stores an object of ours, whatever was there.
    pub async fn put(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<()> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        put.body(ByteStream::from(bytes)).send().await.map(|_| ()).map_err(failure)
    }

    /// Deletes for good the object of a record, and those of its other versions, each with its `ETag`
    /// where known.
    pub async fn delete_of(
        &self,
        record: &Record,
        versions: &[(String, Option<String>)],
    ) -> Result<()> {
        let current = record.asset.storage_key.clone().map(|key| (key, record.etag.clone()));
        let objects: BTreeMap<_, _> = versions.iter().cloned().chain(current).collect();
        let deletes = objects
            .into_iter()
            .map(|(key, etag)| async move { self.erase(&key, etag.as_deref()).await });
        stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE).try_collect().await
    }

    /// Deletes objects as anyone would, one that is not there as well: where the bucket keeps versions,
    /// their bytes can be had back for as long as it keeps them.
    pub async fn delete_all(&self, keys: impl IntoIterator<Item = String>) -> Result<()> {
        let deletes = keys.into_iter().map(|key| async move {
            let delete = self.client.delete_object().bucket(&self.bucket).key(key);
            delete.send().await.map(|_| ()).map_err(failure)
        });
        stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE).try_collect().await
    }

    /// True if there is no object below `workspaces/`.
    pub async fn is_empty(&self) -> Result<bool> {
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix("workspaces/");
        let answer = list.max_keys(1).send().await.map_err(failure)?;
        Ok(answer.contents().is_empty())
    }

    /// At most 1000 objects below `workspaces/` after the key `after`, in key order; whether there
    /// are more.
    pub async fn list(&self, after: Option<&str>) -> Result<(Vec<Listed>, bool)> {
        let answer = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix("workspaces/")
            .set_start_after(after.map(str::to_owned))
            // A key may hold what XML cannot.
            .encoding_type(EncodingType::Url)
            .send()
            .await
            .map_err(failure)?;
        let more = answer.is_truncated().unwrap_or_default();
        let encoded = answer.encoding_type() == Some(&EncodingType::Url);
        let objects = answer.contents.unwrap_or_default().into_iter().filter_map(|object| {
            Some(Listed {
                etag: object.e_tag().map(|etag| etag.trim_matches('"').to_owned()),
                last_modified: timestamp(object.last_modified()),
                key: object.key.map(|key| if encoded { decoded(&key) } else { key })?,
            })
        });
        Ok((objects.collect(), more))
    }
}

/// A key as lists have it where they encode keys: as in a form.
pub(crate) fn decoded(key: &str) -> String {
    let key = key.replace('+', " ");
    percent_decode_str(&key).decode_utf8_lossy().into_owned()
}

/// One object, read by range.
#[derive(Debug)]
pub struct ObjectReader<'a> {
    objects: &'a Objects,
    key: &'a str,
    etag: &'a str,
}

impl RangeRead for ObjectReader<'_> {
    type Error = Error;

    async fn read(&self, offset: u64, len: u64) -> Result<Bytes> {
        let last = offset + len.max(1) - 1;
        let object = self
            .objects
            .client
            .get_object()
            .bucket(&self.objects.bucket)
            .key(self.key)
            .if_match(format!("\"{}\"", self.etag))
            .range(format!("bytes={offset}-{last}"))
            .send()
            .await
            .map_err(failure)?;
        Ok(object.body.collect().await.map_err(Error::unavailable)?.into_bytes())
    }
}

fn timestamp(at: Option<&aws_sdk_s3::primitives::DateTime>) -> Timestamp {
    Timestamp::from_millis(at.map_or(0, |at| at.secs() * 1000))
}

pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// The SDK's failure as ours: one that a later try may mend, or a fault.
pub(crate) fn failure<E, R>(error: SdkError<E, R>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    const FAULTS: [&str; 6] = [
        "AccessDenied",
        "InvalidAccessKeyId",
        "InvalidArgument",
        "NoSuchBucket",
        "SignatureDoesNotMatch",
        "InvalidRequest",
    ];
    let fault = matches!(error, SdkError::ConstructionFailure(_))
        || code(&error).is_some_and(|code| FAULTS.contains(&code));
    if fault { Error::internal(error) } else { Error::unavailable(error) }
}
