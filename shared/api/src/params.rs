//! Query parameters, strictly: what is not known is an error, never ignored.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use model::text::Invalid;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// The number of things that a page has.
#[derive(Debug, Clone, Copy)]
pub struct PageSize {
    /// At most.
    pub most: usize,
    /// The number where nobody asks for another.
    pub default: usize,
    expected: &'static str,
}

macro_rules! page_size {
    ($most:literal, $default:literal) => {
        PageSize {
            most: $most,
            default: $default,
            expected: concat!("a whole number from 1 to ", $most),
        }
    };
}

impl PageSize {
    /// Of a page by cursor.
    pub const BY_CURSOR: Self = page_size!(200, 50);
    /// Of a page by number.
    pub const BY_NUMBER: Self = page_size!(100, 20);
    /// Of a team's list.
    pub const OF_TEAM: Self = page_size!(100, 60);
}

/// The parameters of a query, taken one by one; [`Params::finish`] refuses what nobody took.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    taken: Vec<&'static str>,
}

impl Params {
    /// Reads a query string (`application/x-www-form-urlencoded`, UTF-8).
    pub fn parse(query: Option<&str>) -> Result<Self, ApiError> {
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or_else(|| {
                ApiError::invalid_parameter("query", Invalid::new("percent-encoded UTF-8"))
            })?;
            match decode(value) {
                Some(value) => Ok((name, value)),
                None => {
                    Err(ApiError::invalid_parameter(&name, Invalid::new("percent-encoded UTF-8")))
                }
            }
        });
        Ok(Self::of(pairs.collect::<Result<_, _>>()?))
    }

    /// The query of a page, and nothing else: its limit, and where it goes on as `decode` reads it.
    pub fn page<T>(
        query: Option<&str>,
        decode: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<(usize, Option<T>), ApiError> {
        let mut params = Self::parse(query)?;
        let limit = params.limit(PageSize::BY_CURSOR)?;
        let cursor = params.with("cursor", decode)?;
        params.finish()?;
        Ok((limit, cursor))
    }

    /// The parameter `limit` of a page.
    pub fn limit(&mut self, size: PageSize) -> Result<usize, ApiError> {
        Ok(self.number("limit", 1..=size.most, size.expected)?.unwrap_or(size.default))
    }

    /// These parameters, as if they had come in a query.
    #[must_use]
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, taken: Vec::new() }
    }

    /// The parameter `name`, which may be there once.
    pub fn one(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        let mut values = self.take(name);
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(ApiError::invalid_parameter(name, Invalid::new("the parameter once"))),
        }
    }

    /// The parameter `name` as `T`.
    pub fn parsed<T: FromStr<Err = Invalid>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, ApiError> {
        self.with(name, str::parse)
    }

    /// The parameter `name` as `parse` reads it.
    pub fn with<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, ApiError> {
        let value = self.one(name)?.map(|value| parse(&value)).transpose();
        value.map_err(|expected| ApiError::invalid_parameter(name, expected))
    }

    /// The parameter `name` as a number from `min` to `max`; `expected` says so.
    pub fn number<N: FromStr + PartialOrd>(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<N>,
        expected: &'static str,
    ) -> Result<Option<N>, ApiError> {
        self.with(name, |text| {
            let number = whole(text).and_then(|digits| digits.parse().ok());
            number.filter(|number| range.contains(number)).ok_or(Invalid::new(expected))
        })
    }

    /// True if the parameter `name` is `true`; nothing else is taken but `false`.
    pub fn flag(&mut self, name: &'static str) -> Result<bool, ApiError> {
        let flag = self.with(name, |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Invalid::new("true or false")),
        });
        Ok(flag?.unwrap_or_default())
    }

    /// Every value of the parameter `name`, repeated or comma-separated.
    pub fn many(&mut self, name: &'static str) -> Vec<String> {
        let values = self.take(name);
        values.iter().flat_map(|value| value.split(',')).map(str::to_owned).collect()
    }

    /// Every parameter whose name begins with `prefix`, with its value; `pattern` is how an error names
    /// them.
    pub fn prefixed(
        &mut self,
        prefix: &'static str,
        pattern: &'static str,
    ) -> Vec<(String, String)> {
        self.taken.push(pattern);
        self.pairs.extract_if(.., |(known, _)| known.starts_with(prefix)).collect()
    }

    /// True if the parameter `name` is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// Refuses a parameter that was not taken.
    pub fn finish(self) -> Result<(), ApiError> {
        match self.pairs.first() {
            Some((name, _)) => Err(ApiError::unknown_parameter(name, &self.taken)),
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &'static str) -> Vec<String> {
        self.taken.push(name);
        self.pairs.extract_if(.., |(known, _)| known == name).map(|(_, value)| value).collect()
    }
}

/// That a route takes no query parameters: a request with any is refused.
#[derive(Debug, Clone, Copy)]
pub struct NoParams;

impl<S: Send + Sync> FromRequestParts<S> for NoParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Params::parse(parts.uri.query())?.finish()?;
        Ok(Self)
    }
}

/// The digits of a whole number, which clients that know no other numbers than doubles write `5.0`.
#[must_use]
pub fn whole(text: &str) -> Option<&str> {
    let (digits, zeros) = text.split_once('.').unwrap_or((text, "0"));
    let all = |part: &str, allowed: fn(u8) -> bool| !part.is_empty() && part.bytes().all(allowed);
    (all(digits, |b| b.is_ascii_digit()) && all(zeros, |b| b == b'0')).then_some(digits)
}

fn decode(text: &str) -> Option<String> {
    let hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    if !escapes.all(|rest| hex(rest.first()) && hex(rest.get(1))) {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_repeated_or_comma_separated() {
        let mut params = Params::parse(Some("type=image,audio&type=video&q=a+b%2Bc")).unwrap();
        assert_eq!(params.many("type"), ["image", "audio", "video"]);
        assert_eq!(params.one("q").unwrap().as_deref(), Some("a b+c"));
        params.finish().unwrap();
    }

    #[test]
    fn what_nobody_takes_is_refused() {
        let mut params = Params::parse(Some("limit=5&tpye=image")).unwrap();
        params.one("limit").unwrap();
        let refused = params.finish().unwrap_err();
        assert_eq!(refused.code(), "invalid_parameter");
        assert_eq!(refused.detail(), "tpye: there is no such parameter; this takes limit");
        let refused = Params::parse(Some("x=1")).unwrap().finish().unwrap_err();
        assert_eq!(refused.detail(), "x: there is no such parameter; this takes none");
        for query in ["q=%FF", "q=%zz", "q=100%", "q=%é"] {
            assert!(Params::parse(Some(query)).is_err(), "{query}");
        }
        assert!(Params::parse(Some("q=1&q=2")).unwrap().one("q").is_err());
    }

    #[test]
    fn numbers_are_digits_in_range() {
        for (text, ok) in [
            ("1", true),
            ("200", true),
            ("0", false),
            ("201", false),
            ("5.0", true),
            ("5.00", true),
            ("5.", false),
            (".0", false),
            ("5.5", false),
            ("+5", false),
            ("abc", false),
            ("", false),
            ("99999999999999999999", false),
        ] {
            let query = format!("limit={}", text.replace('+', "%2B"));
            let mut params = Params::parse(Some(&query)).unwrap();
            assert_eq!(params.number("limit", 1..=200_u64, "1 to 200").is_ok(), ok, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_query_or_an_error(query in ".{0,100}") {
            let _ = Params::parse(Some(&query));
        }
    }
}
