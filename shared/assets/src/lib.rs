//! Records and their objects together: assets and versions as they are made, exports as they are asked for.

mod create;
mod exports;
mod file;
mod request;
mod version;

use model::{Clock, Store};
use objects::Objects;

pub use create::NewOrKnown;
pub use file::PendingUpload;
pub use request::{NewAsset, NewVersion, Upload};

/// The table, the bucket and the time that assets are made over.
#[derive(Debug, Clone, Copy)]
pub struct Assets<'a> {
    /// The table.
    pub store: &'a Store,
    /// The bucket.
    pub objects: &'a Objects,
    /// The time.
    pub clock: &'a Clock,
}
