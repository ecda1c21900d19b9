//! The store's errors, and what of them a client gets to see.

use std::path::PathBuf;

use s3s::S3Error;

/// A failure of the embedded S3.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the directory open. Two at once would sweep each other's unfinished uploads.
    #[error("the object store in {0} is in use by another process")]
    InUse(PathBuf),
    /// `SQLite` failed.
    #[error("the object store's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// Reading or writing a file or a socket failed.
    #[error("the object store's files failed: {0}")]
    Io(#[from] std::io::Error),
    /// A stored column does not parse, which only other software can have caused.
    #[error("the object store's database holds a malformed row: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The request was understood and turned down; S3's own error says why.
    #[error("refused: {0}")]
    Refused(#[from] S3Error),
    /// A blocking task died.
    #[error("a task of the object store did not finish: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Error {
    /// The error that the client of an operation is told. What it cannot help is logged here, and only here.
    pub(super) fn answer(self, operation: &'static str) -> S3Error {
        match self {
            Self::Refused(refusal) => refusal,
            Self::InUse(_)
            | Self::Database(_)
            | Self::Io(_)
            | Self::Malformed(_)
            | Self::Interrupted(_) => {
                tracing::error!(error = %self, operation, "the object store failed");
                S3Error::internal_error(self)
            }
        }
    }
}
