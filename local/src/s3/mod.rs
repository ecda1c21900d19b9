//! The embedded S3: what `cargo dev` and the tests talk to where AWS has S3 and its event queue.
//!
//! `s3s` speaks the protocol (HTTP, XML, signatures); everything behind it is ours. The invariants:
//!
//! - Only `blobs` touches object bytes, only `database` opens the `SQLite` file, and a blob is on disk before a row names it.
//! - A change to objects, the rows it replaces and the event it raises commit together, or not at all.
//! - A blob belongs to exactly one row. What no row names is rubbish of an interrupted request and swept at open.
//! - `handlers` know the wire types and no SQL; `objects`, `versions`, `changes`, `uploads`, `listing` and `events` know SQL and no request.

mod blobs;
mod changes;
mod database;
mod digest;
mod error;
mod events;
mod handlers;
mod listing;
mod objects;
mod server;
mod store;
mod strict;
mod uploads;
mod versions;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use events::QueuedEvent;
pub use server::router;
pub use store::Store;
