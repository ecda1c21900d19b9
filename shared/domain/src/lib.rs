//! What an asset is, and the rules that it obeys.
//!
//! All of it is pure: no I/O, no type of AWS, of HTTP, or of the table. Time and randomness come in as values.

pub mod api_key;
pub mod asset;
pub mod brake;
pub mod cursor;
pub mod due;
pub mod error;
pub mod export;
pub mod filter;
pub mod fold;
pub mod generation;
pub mod id;
pub mod index;
pub mod json;
pub mod merge;
pub mod plan;
pub mod rate;
pub mod review;
pub mod seen;
pub mod tally;
pub mod text;
pub mod time;
pub mod told;
pub mod version;
pub mod word;

pub use api_key::{ApiKey, KeyRecord, Scope, ScopeSet};
pub use asset::{
    Asset, Deletion, DeletionReason, ObjectFacts, Record, Sequencer, Status, UploadStatus,
};
pub use cursor::{Cursor, ExportCursor, Part, PartCursor};
pub use error::{Error, Result};
pub use export::{Export, ExportId, ExportRecord, ExportStatus};
pub use filter::{Facet, Filter, Order};
pub use generation::{Generation, GenerationStatus};
pub use id::{AssetId, Reference, WorkspaceId};
pub use rate::Rate;
pub use review::{Action, Actor, Comment, Creator, Event, Note};
pub use seen::Seen;
pub use text::{
    AssetType, Checksum, ContentType, FileName, IdempotencyKey, Invalid, Label, Metadata, Prompt,
    ShortText, TagName, TagValue, Tags, Title,
};
pub use time::{Clock, Timestamp};
