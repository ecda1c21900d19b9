//! The archive of an export: a ZIP of files, a manifest that says what each of them is, and the
//! manifest's signature.
//!
//! ```text
//! files/hero.png        the approved versions, as they are, in the manifest's order
//! files/hero (2).png
//! manifest.json         what they are, where they come from, who approved them, and their SHA-256
//! manifest.json.sig     Ed25519 (RFC 8032) of manifest.json's bytes: 64 bytes
//! ```
//!
//! Nothing but the files and the manifest decides on a single byte of the archive, so it can be written
//! again from what it holds: [`verify`] does, and finds whatever differs. Nothing here does I/O of its own.

mod comparison;
mod key;
mod manifest;
mod names;
mod verify;
mod writer;

pub use key::{PublicKey, SigningKey};
pub use manifest::{Entry, Excluded, Format, Manifest, Reason};
pub use names::Names;
pub use verify::{Difference, Verified, verify};
pub use writer::{Writer, Written};

/// The manifest's name.
pub const MANIFEST: &str = "manifest.json";
/// The name of its signature.
pub const SIGNATURE: &str = "manifest.json.sig";
/// The largest manifest, in bytes: whoever writes or checks one holds all of it.
pub const MOST_MANIFEST: u64 = 32 << 20;

/// The reason for which an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sink failed, or the archive would not fit the format.
    #[error("the archive could not be written")]
    Zip(#[from] zip::result::ZipError),
    /// The sink failed.
    #[error("the archive could not be written")]
    Io(#[from] std::io::Error),
    /// The manifest could not be written as JSON.
    #[error("the manifest could not be written")]
    Json(#[from] serde_json::Error),
}
