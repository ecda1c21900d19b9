//! The lifetime of links.

use model::text::Invalid;

/// The lifetime of a link, in seconds: one hour unless asked for otherwise, a week at most, which is the
/// longest that SigV4 has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(u64);

impl Lifetime {
    /// The longest, in seconds.
    pub const MAX: u64 = 604_800;

    /// The usual one, in seconds.
    pub const DEFAULT: u64 = 3600;

    /// The seconds that this type takes.
    pub const EXPECTED: Invalid = Invalid::new("a whole number of seconds from 1 to 604800");

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self(Self::DEFAULT)
    }
}

impl TryFrom<u64> for Lifetime {
    type Error = Invalid;

    fn try_from(seconds: u64) -> std::result::Result<Self, Invalid> {
        (1..=Self::MAX).contains(&seconds).then_some(Self(seconds)).ok_or(Self::EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_longest() {
        let expected = format!("a whole number of seconds from 1 to {}", Lifetime::MAX);
        assert_eq!(Lifetime::EXPECTED.expected, expected);
    }
}
