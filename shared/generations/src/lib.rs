//! Generations from the side of those who ask: what is asked for, checked and written down, and what it is called then.
//! Nothing here speaks to a provider: that is what the function `jobs` does.

mod ask;
mod call;
mod draft;
mod request;
mod source;
mod span;
mod taking;
mod tools;
mod view;
mod wake;

use alarms::Alarms;
use assets::Assets;
use credentials::Credentials;
use model::Result;
use platform::Environment;
use providers::Catalogue;

pub use ask::{Answer, Terms};
pub use call::{call, order_of, word};
pub use draft::{draft, drafts, file_key, type_of};
pub use request::{NewGeneration, NewInput};
pub use source::Source;
pub use span::span_of;
pub use taking::{Adoption, Import};
pub use tools::{Offer, offers};
pub use view::{Estimate, GenerationView};
pub use wake::Wake;

/// The cost that is reserved for a model without a price, in millionths of a US dollar: one dollar. Until an operator
/// says what it costs, that is also what it is taken to have cost.
pub const UNPRICED: u64 = 1_000_000;

/// True on a laptop, which no provider can reach, and whose providers may be on it: `MEDIA_REACH` is `laptop`.
#[must_use]
pub fn is_laptop(environment: &Environment) -> bool {
    environment.optional("MEDIA_REACH").is_some_and(|reach| reach == "laptop")
}

/// The models, the keys for them, and the alarm clock of jobs.
#[derive(Debug, Clone)]
pub struct Media {
    /// The models.
    pub catalogue: std::sync::Arc<Catalogue>,
    /// The workspaces' keys.
    pub credentials: std::sync::Arc<Credentials>,
    /// The queue of jobs.
    pub alarms: Alarms,
}

impl Media {
    /// As the environment says.
    pub fn of(environment: &Environment) -> Result<Self> {
        Ok(Self {
            catalogue: credentials::catalogue(environment)?.into(),
            credentials: Credentials::of(environment)?.into(),
            alarms: Alarms::of(environment)?,
        })
    }
}

/// The table, the bucket, the time, and the media that generations are made over.
#[derive(Debug, Clone, Copy)]
pub struct Generations<'a> {
    /// The table, the bucket and the time.
    pub assets: Assets<'a>,
    /// The models, the keys, and the alarm clock.
    pub media: &'a Media,
}
