//! An event about an object, and its outcome.

use model::asset::Sequencer;
use model::{Creator, Timestamp};

/// The outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A registered asset has its object now.
    Completed,
    /// An object that nobody registered is an asset now.
    Adopted,
    /// The record shows that its object is gone.
    MarkedMissing,
    /// It was no news.
    Known,
    /// The object is gone or overwritten since; what happened to it has its own event.
    Superseded,
    /// The object's asset was deleted; `cleanup` removes what is left.
    Orphaned,
    /// The object is not what the asset's record names.
    Unexpected,
    /// No HTTP client can ask for the object's key.
    Unfetchable,
    /// Not ours.
    Ignored,
    /// It could not be understood.
    Parked,
}

/// An object as an event tells of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The time at which it was written.
    pub at: Timestamp,
    /// Its `ETag` then.
    pub etag: Option<String>,
    /// The event's place among those of its key.
    pub sequencer: Option<Sequencer>,
    /// The one who wrote it, as S3 names them.
    pub principal: Option<String>,
}

impl Seen {
    pub(crate) fn creator(&self) -> Option<Creator> {
        self.principal.clone().map(|principal| Creator::Producer { principal })
    }
}
