//! The error of a value that its type does not allow.

/// A value that its type does not allow, told as what the type takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct Invalid {
    /// The description of what would have been right.
    pub expected: &'static str,
}

impl Invalid {
    /// Says what would have been right.
    #[must_use]
    pub const fn new(expected: &'static str) -> Self {
        Self { expected }
    }
}
