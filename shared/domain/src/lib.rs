//! The asset, and the rules that it obeys.
//!
//! All of it is pure: no I/O, no type of AWS, of HTTP, or of the table. Time and randomness come in as values.

pub mod actor;
pub mod api_key;
pub mod asset;
pub mod brake;
pub mod budget;
pub mod cursor;
pub mod due;
pub mod error;
pub mod export;
pub mod facet;
pub mod filter;
pub mod fold;
pub mod generation;
pub mod id;
pub mod index;
pub mod invalid;
pub mod job;
pub mod json;
pub mod making;
pub mod merge;
pub mod object;
pub mod plan;
pub mod rate;
pub mod recipe;
pub mod review;
pub mod seen;
pub mod status;
pub mod tally;
pub mod text;
pub mod time;
pub mod told;
pub mod trace;
pub mod version;
pub mod visible;
pub mod word;

pub use actor::{Actor, Creator};
pub use api_key::{ApiKey, KeyRecord, Scope, ScopeSet};
pub use asset::{Asset, Deletion, DeletionReason, Record, UploadStatus};
pub use cursor::{Cursor, ExportCursor, GenerationCursor, Part, PartCursor};
pub use error::{Error, Result};
pub use export::{Export, ExportId, ExportRecord, ExportStatus};
pub use facet::Facet;
pub use filter::{Filter, Order};
pub use generation::Generation;
pub use id::{AssetId, GenerationId, Reference, WorkspaceId};
pub use invalid::Invalid;
pub use job::JobStatus;
pub use making::{GenerationFilter, GenerationRecord};
pub use object::{ObjectFacts, Sequencer};
pub use rate::Rate;
pub use recipe::Recipe;
pub use review::{Comment, Event, Note};
pub use seen::Seen;
pub use status::{Action, Status};
pub use text::{
    AssetType, Checksum, ContentType, FileName, IdempotencyKey, Label, Metadata, Prompt, ShortText,
    TagName, TagValue, Tags, Title, Wording,
};
pub use time::{Clock, Timestamp};
pub use trace::{SpanId, TraceId, Traceparent};
