//! The objects: their keys, what their bytes are, and S3.

mod client;
mod disposition;
mod key;
pub mod media;
mod signing;

pub use client::{Head, Listed, ObjectReader, Objects};
pub use disposition::Disposition;
pub use key::{ObjectKey, report_key};
pub use signing::{Signed, SignedUpload, UploadTerms};
