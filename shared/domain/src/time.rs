//! Instants, and where they come from.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::invalid::Invalid;

/// An instant in milliseconds since the Unix epoch; RFC 3339 in UTC with milliseconds on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// Milliseconds in a minute.
pub const MINUTE: i64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// The first instant of the year 9999, within which the calendar ends that instants are written by.
const END: i64 = 253_370_764_800_000;

impl Timestamp {
    /// The instant `ms` milliseconds after the Unix epoch, held within the years 1970 to 9998.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(if ms < 0 {
            0
        } else if ms >= END {
            END - 1
        } else {
            ms
        })
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0 / 1000
    }

    /// This instant moved by `ms` milliseconds.
    #[must_use]
    pub const fn plus(self, ms: i64) -> Self {
        Self::from_millis(self.0.saturating_add(ms))
    }

    /// Parses what a query may hold: an RFC 3339 instant, or a date, which is its midnight in UTC.
    pub fn parse_query(text: &str) -> std::result::Result<Self, Invalid> {
        Bound::parse_query(text).map(|bound| bound.at)
    }
}

/// Where a range of time begins or ends, as a query has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The instant; of a date, its first.
    pub at: Timestamp,
    /// True if it is a plain date.
    pub is_date: bool,
}

impl Bound {
    /// Parses an RFC 3339 instant, or a date.
    pub fn parse_query(text: &str) -> std::result::Result<Self, Invalid> {
        if let Ok(date) = text.parse::<jiff::civil::Date>()
            && text.len() == 10
        {
            let midnight = date.to_zoned(jiff::tz::TimeZone::UTC);
            let midnight = midnight.map_err(|_| EITHER).and_then(|at| checked(at.timestamp()));
            return midnight.map(|at| Self { at, is_date: true });
        }
        let at = text.parse().map_err(|_| match text.rsplit_once(' ') {
            Some((time, zone)) if format!("{time}+{zone}").parse::<Timestamp>().is_ok() => BLANK,
            _ => EITHER,
        })?;
        Ok(Self { at, is_date: false })
    }
}

/// A `+` that was not encoded arrives as a blank.
const BLANK: Invalid = Invalid::new(
    "a time zone whose + is written %2B, such as 2026-01-31T10:00:00%2B02:00: a + in a query is a blank",
);

const EXPECTED: Invalid =
    Invalid::new("an RFC 3339 time of the years 1970 to 9998, such as 2026-01-31T08:00:00Z");

const EITHER: Invalid = Invalid::new(
    "an RFC 3339 time such as 2026-01-31T08:00:00Z, or a date such as 2026-01-31, of the years 1970 to 9998",
);

fn checked(at: jiff::Timestamp) -> std::result::Result<Timestamp, Invalid> {
    let ms = at.as_millisecond();
    if (0..END).contains(&ms) { Ok(Timestamp(ms)) } else { Err(EXPECTED) }
}

impl FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> std::result::Result<Self, Invalid> {
        text.parse::<jiff::Timestamp>().map_err(|_| EXPECTED).and_then(checked)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = Invalid;

    fn try_from(text: String) -> std::result::Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> Self {
        at.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{at:.3}")
    }
}

/// Where the current time comes from: the system's clock when deployed, the test's choice in tests.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| Timestamp::from_millis(jiff::Timestamp::now().as_millisecond()))
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_utc_with_milliseconds() {
        let at: Timestamp = "2026-01-31T10:00:00.5+02:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-01-31T08:00:00.500Z");
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        let last = Timestamp::from_millis(i64::MAX).to_string();
        assert_eq!(last, "9998-12-31T23:59:59.999Z");
        assert!(
            last.parse::<Timestamp>().is_ok()
                && "9999-01-01T00:00:00Z".parse::<Timestamp>().is_err()
        );
    }

    #[test]
    fn queries_take_dates_too() {
        let day = Timestamp::parse_query("2026-01-31").unwrap();
        assert_eq!(day.to_string(), "2026-01-31T00:00:00.000Z");
        let blank = Timestamp::parse_query("2026-01-31T10:00:00 02:00").unwrap_err();
        assert!(blank.expected.contains("%2B"));
        for bad in [
            "",
            "yesterday",
            "2026-02-30",
            "2026-01-31T08:00:00",
            "1969-12-31T00:00:00Z",
            "99999-01-01",
        ] {
            assert!(Timestamp::parse_query(bad).is_err(), "{bad}");
        }
    }
}
