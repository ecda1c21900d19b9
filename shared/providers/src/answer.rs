//! HTTP answers, and what became of requests without one.

use std::time::Duration;

use domain::Timestamp;
use serde_json::Value;

/// The longest that a provider may ask to wait before the next try, in milliseconds.
pub const LONGEST_WAIT: i64 = 5 * 60_000;

/// An answer to a request.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a [(String, String)],
    /// Its body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The first header of this name, in whatever case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.headers, name)
    }

    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, whatever the status.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body).ok()
    }

    /// The body of a success as JSON.
    pub(crate) fn found(&self) -> Option<Value> {
        self.is_ok().then(|| self.json()).flatten()
    }

    /// The wait before the next try, in milliseconds: as `Retry-After` says in seconds,
    /// fractions of them, or as a date, within bounds; `else_by` where it says nothing.
    #[must_use]
    pub fn wait(&self, now: Timestamp, else_by: i64) -> i64 {
        let exact = self.header("retry-after-ms").and_then(|text| milliseconds(text, 1_000.0));
        let asked = exact.or_else(|| {
            let text = self.header("retry-after")?;
            milliseconds(text, 1.0).or_else(|| {
                let date = jiff::fmt::rfc2822::parse(text).ok()?;
                Some(date.timestamp().as_millisecond().saturating_sub(now.millis()))
            })
        });
        asked.unwrap_or(else_by).clamp(0, LONGEST_WAIT)
    }
}

/// The first header of this name, in whatever case.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim())
}

/// A decimal number of `per`ths of a second, in milliseconds.
fn milliseconds(text: &str, per: f64) -> Option<i64> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let span = Duration::try_from_secs_f64((number / per).max(0.0)).ok();
    Some(span.map_or(LONGEST_WAIT, |span| i64::try_from(span.as_millis()).unwrap_or(LONGEST_WAIT)))
}

/// The way in which a request came to have no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It never left: no address, no connection, no TLS.
    NotSent,
    /// The connection ended after the first byte went out.
    Sent,
    /// No answer came in time.
    TimedOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_when_is_heard() {
        let now = Timestamp::from_millis(784_111_777_000);
        let wait = |name: &str, value: &str| {
            let headers = [(name.to_owned(), value.to_owned())];
            Answer { status: 429, headers: &headers, body: b"" }.wait(now, 7_000)
        };
        for (name, value, expected) in [
            ("Retry-After", "2", 2_000),
            ("retry-after", " 0.25 ", 250),
            ("retry-after-ms", "900", 900),
            ("Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT", 10_000),
            ("Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT", 0),
            ("Retry-After", "86400", LONGEST_WAIT),
            ("Retry-After", "1e300", LONGEST_WAIT),
            ("Retry-After", "-5", 0),
            ("Retry-After", "NaN", 7_000),
            ("Retry-After", "soon", 7_000),
            ("other", "1", 7_000),
        ] {
            assert_eq!(wait(name, value), expected, "{name}: {value}");
        }
    }
}
