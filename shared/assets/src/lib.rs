//! Records and their objects together: how an asset is made, how its object comes and goes, how it is linked to,
//! deleted and exported.

mod adoption;
mod arrival;
mod create;
mod deletion;
mod departure;
mod encoded_words;
mod event;
mod exports;
mod file;
mod link;
mod output;
mod request;
mod version;

use model::{Clock, Store};
use objects::Objects;

pub use arrival::is_described_anew;
pub use create::NewOrKnown;
pub use event::{Outcome, Seen};
pub use file::PendingUpload;
pub use link::{Link, Wanted};
pub use request::{MAX_CONTENT, MAX_FILE, MAX_PARENTS, NewAsset, NewVersion, Upload};

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

impl Assets<'_> {
    /// Puts aside an event that no later delivery would make readable. A metric counts the log line.
    pub async fn park(&self, text: &str, reason: &str) -> model::Result<()> {
        let told = model::error::redacted(reason);
        tracing::warn!(reason = told, parked = 1, "an event was parked");
        self.store.park(text, reason, self.clock.now()).await
    }
}
