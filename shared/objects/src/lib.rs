//! The objects: their keys, what their bytes are, and S3.

mod client;
mod disposition;
mod download;
mod erasure;
mod key;
mod lifetime;
pub mod media;
pub mod notice;
mod signing;
mod storing;
mod upload;

pub use client::{Head, Listed, ObjectReader, Objects};
pub use disposition::Disposition;
pub use download::Download;
pub use key::{
    ASSETS, EXPORT_JOBS, EXPORTS, ExportKey, ObjectKey, REPORTS, UNFETCHABLE, report_key,
};
pub use lifetime::Lifetime;
pub use signing::{Signed, SignedUpload, UploadTerms};
pub use storing::{Stored, Unstored};
pub use upload::{Multipart, PART};
