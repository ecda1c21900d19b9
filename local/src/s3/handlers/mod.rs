//! The S3 operations: from `s3s`'s request types to the store and back. What is not here, `s3s` answers with 501.

#![allow(
    clippy::wildcard_imports,
    reason = "every operation brings half a dozen wire types, named as S3 names them"
)]

mod buckets;
mod copy;
mod delete;
mod get;
mod intake;
mod list;
mod multipart;
mod put;
mod wire;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::error::Error;
use super::store::Store;

/// The operations over one store.
pub(super) struct Handlers {
    store: Store,
}

impl Handlers {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }
}

/// One line per operation: the method S3 calls it, the function that does it, its two types.
macro_rules! operations {
    ($($method:ident => $module:ident::$function:ident($input:ty) -> $output:ty;)*) => {
        #[async_trait::async_trait]
        impl S3 for Handlers {
            $(async fn $method(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                let answer: Result<$output, Error> = $module::$function(&self.store, request).await;
                answer.map(S3Response::new).map_err(|error| error.answer(stringify!($method)))
            })*
        }
    };
}

operations! {
    list_buckets => buckets::list(ListBucketsInput) -> ListBucketsOutput;
    create_bucket => buckets::create(CreateBucketInput) -> CreateBucketOutput;
    head_bucket => buckets::head(HeadBucketInput) -> HeadBucketOutput;
    get_bucket_location => buckets::location(GetBucketLocationInput) -> GetBucketLocationOutput;
    delete_bucket => buckets::delete(DeleteBucketInput) -> DeleteBucketOutput;
    get_bucket_versioning => buckets::versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput;
    put_bucket_versioning => buckets::set_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput;

    put_object => put::put(PutObjectInput) -> PutObjectOutput;
    get_object => get::get(GetObjectInput) -> GetObjectOutput;
    head_object => get::head(HeadObjectInput) -> HeadObjectOutput;
    copy_object => copy::object(CopyObjectInput) -> CopyObjectOutput;
    delete_object => delete::one(DeleteObjectInput) -> DeleteObjectOutput;
    delete_objects => delete::many(DeleteObjectsInput) -> DeleteObjectsOutput;

    list_objects => list::version_1(ListObjectsInput) -> ListObjectsOutput;
    list_objects_v2 => list::version_2(ListObjectsV2Input) -> ListObjectsV2Output;
    list_object_versions => list::versions(ListObjectVersionsInput) -> ListObjectVersionsOutput;

    create_multipart_upload => multipart::create(CreateMultipartUploadInput) -> CreateMultipartUploadOutput;
    upload_part => multipart::upload_part(UploadPartInput) -> UploadPartOutput;
    upload_part_copy => copy::part(UploadPartCopyInput) -> UploadPartCopyOutput;
    complete_multipart_upload => multipart::complete(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput;
    abort_multipart_upload => multipart::abort(AbortMultipartUploadInput) -> AbortMultipartUploadOutput;
    list_parts => list::parts(ListPartsInput) -> ListPartsOutput;
    list_multipart_uploads => list::uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput;
}
