//! The objects: their keys, what their bytes are, and S3.

mod client;
mod deletion;
mod disposition;
mod key;
mod link;
pub mod media;
mod signing;

pub use client::{Head, Listed, ObjectReader, Objects};
pub use disposition::Disposition;
pub use key::{ObjectKey, report_key};
pub use link::{Lifetime, Link, Wanted};
pub use signing::{Signed, SignedUpload, UploadTerms};
