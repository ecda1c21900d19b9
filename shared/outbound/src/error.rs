//! The ways in which a file cannot be had.

use std::time::Duration;

/// The reason why a file was not fetched. Its text names a host at most, and nothing else of a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The text is no URL.
    #[error("this is no URL that can be fetched")]
    NoUrl,
    /// The scheme is not one that is allowed, or a redirect leaves https.
    #[error("only https is fetched")]
    Scheme,
    /// The URL holds a user's name or a password.
    #[error("a URL with a user's name or a password in it is not fetched")]
    Credentials,
    /// The URL names another port than its scheme's.
    #[error("only the port of https is asked, and not {0}")]
    Port(u16),
    /// An address of the host is not public.
    #[error("{host} has an address that is not public")]
    NotPublic {
        /// The host.
        host: String,
    },
    /// There are more redirects than allowed.
    #[error("more than {0} redirects")]
    Redirects(u8),
    /// The host has no such file, or does not give it away any more: 403, 404 or 410.
    #[error("the file is gone: {host} answers {status}")]
    Gone {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// The host answers something else than a file.
    #[error("{host} answers {status} instead of a file")]
    Status {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// The file is sent in a form that it does not have.
    #[error("{host} sends the file compressed without being asked to")]
    Encoded {
        /// The host.
        host: String,
    },
    /// The file has more bytes than allowed.
    #[error("the file has more than the {most} bytes that are allowed")]
    TooLong {
        /// The most.
        most: u64,
    },
    /// The file has another length than was announced.
    #[error("the file has not the {announced} bytes that were announced")]
    Length {
        /// The announced length.
        announced: u64,
    },
    /// The bytes are not those whose checksum was announced.
    #[error("the file's bytes do not have the checksum that came with them")]
    Checksum,
    /// The host's name has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The host.
        host: String,
    },
    /// The host cannot be connected to.
    #[error("{host} cannot be reached")]
    Unreachable {
        /// The host.
        host: String,
    },
    /// The connection broke.
    #[error("the connection to {host} broke before all was there")]
    Cut {
        /// The host.
        host: String,
    },
    /// Nothing came for too long.
    #[error("nothing came for {0:?}")]
    Silent(Duration),
    /// The whole took too long.
    #[error("the file was not there within {0:?}")]
    Late(Duration),
}

impl FetchError {
    /// True if a later try may go better.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            Self::Length { .. }
            | Self::Checksum
            | Self::NoAddress { .. }
            | Self::Unreachable { .. }
            | Self::Cut { .. }
            | Self::Silent(_)
            | Self::Late(_) => true,
            Self::NoUrl
            | Self::Scheme
            | Self::Credentials
            | Self::Port(_)
            | Self::NotPublic { .. }
            | Self::Redirects(_)
            | Self::Gone { .. }
            | Self::Encoded { .. }
            | Self::TooLong { .. } => false,
        }
    }

    /// True if the host says that there is no such file any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }
}
