//! Failures, as values, without a word of HTTP or AWS.

use crate::api_key::Scope;
use crate::budget::Exceeded;
use crate::status::{Action, NotAllowed, Status};

/// A source kept for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The reason that an operation failed for. The text is safe for callers; the source is for the log
/// alone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing in the workspace; another workspace's counts as none.
    #[error("there is nothing with this id in this workspace")]
    NotFound,
    /// The state of things does not allow it.
    #[error("{detail}")]
    Conflict {
        /// Stable, for programs.
        code: &'static str,
        /// The obstacle.
        detail: String,
    },
    /// The state of review does not allow it.
    #[error("{} is not allowed while the asset is {}; allowed: {}", .0.action.as_str(), .0.from.as_str(), allowed(.0.from))]
    NotAllowed(NotAllowed),
    /// The asset is not as the caller has seen it (see [`crate::Seen`]).
    #[error(
        "the asset is not as it was seen: it is at version {version} by now, revision {revision}"
    )]
    Changed {
        /// As it is.
        revision: u64,
        /// The current version, as it is.
        version: u32,
    },
    /// Others kept changing the same thing at the same time, as often as it was tried; nothing was
    /// changed.
    #[error("others kept changing it at the same time, and nothing was changed; try again")]
    Contended,
    /// The asset has an approved version, and the caller does not say that it may go.
    #[error("the asset has an approved version that others may rely on; delete it with force=true")]
    Approved,
    /// The change takes a scope that the caller lacks, besides the one that it came with.
    #[error("{why} takes the scope {scope}, which this key lacks")]
    NeedsScope {
        /// The scope.
        scope: Scope,
        /// The part of the change that takes it.
        why: &'static str,
    },
    /// The workspace's budget does not allow it.
    #[error("{0}")]
    Budget(Exceeded),
    /// A field of what was asked for is not what it takes.
    #[error("{field}: {problem}")]
    Field {
        /// The field's path.
        field: String,
        /// The rule that it breaks, or the fault of its value.
        problem: String,
    },
    /// Something is larger than it may be.
    #[error("{0}")]
    TooLarge(String),
    /// A service that we need did not answer; trying again may work.
    #[error("storage is unavailable; try again")]
    Unavailable(#[source] Source),
    /// A fault of ours.
    #[error("something went wrong on our side")]
    Internal(#[source] Source),
}

impl Error {
    /// A fault of ours, known by `source`.
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::Internal(source.into())
    }

    /// The `field` of what was asked for is not what it takes.
    pub fn field(field: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        Self::Field { field: field.into(), problem: problem.to_string() }
    }

    /// A service's failure, known by `source`.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }
}

fn allowed(from: Status) -> String {
    Action::allowed(from).map(Action::as_str).collect::<Vec<_>>().join(", ")
}

/// An error with what caused it, on one line, for a log: without what it quotes, which may be a record's.
#[must_use]
pub fn loggable(error: &(dyn std::error::Error + 'static)) -> String {
    redacted(&chain(error))
}

/// A text without what stands in it in quotation marks or backticks.
#[must_use]
pub fn redacted(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(open) = rest.find(['"', '`']) {
        let (before, quoted) = rest.split_at(open + 1);
        kept.push_str(before);
        kept.push('…');
        let mark = if before.ends_with('"') { '"' } else { '`' };
        // The last one: what is quoted may have such marks itself.
        rest = quoted.rfind(mark).map_or("", |close| &quoted[close..]);
        let Some(after) = rest.strip_prefix(mark) else { break };
        kept.push(mark);
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// An error with what caused it, on one line, for a log or an operator.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_left_out() {
        for (text, left) in [
            ("no quotes", "no quotes"),
            (
                "invalid type: string \"a secret\", expected u32",
                "invalid type: string \"…\", expected u32",
            ),
            ("unknown variant `secret`", "unknown variant `…`"),
            ("string \"a \"secret\" b\" at line 1", "string \"…\" at line 1"),
            ("\"never closed: secret", "\"…"),
        ] {
            assert_eq!(redacted(text), left);
            assert!(!redacted(text).contains("secret"));
        }
    }
}
