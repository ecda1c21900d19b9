//! Whole numbers within limits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// A whole number from `MIN` to `MAX`, which may be written `5.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(deserializer)? {
            Value::Number(number) => {
                super::whole(&number).and_then(|whole| u64::try_from(whole).ok())
            }
            _ => None,
        };
        let number = number.filter(|number| (MIN..=MAX).contains(number));
        number.map(Self).ok_or_else(|| D::Error::custom(Expected::<MIN, MAX>))
    }
}

struct Expected<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> fmt::Display for Expected<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a whole number from {MIN} to {MAX}")
    }
}
