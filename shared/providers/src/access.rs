//! Keys, and the hosts that they are for.

use std::fmt;

use domain::Invalid;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A text that is shown to nobody: a key, a webhook's secret, a header's value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A key of a provider, and the only hosts it is sent to.
#[derive(Debug, Clone)]
pub struct Access {
    pub(crate) key: Secret,
    base: String,
    signing: String,
}

impl Access {
    /// The key at these hosts.
    pub(crate) fn to(key: Secret, base: &str, signing: &str) -> Self {
        Self { key, base: base.to_owned(), signing: signing.to_owned() }
    }

    /// The same key elsewhere. `base` is the URL that stands for the provider's host, `signing` that of
    /// the host which tells the key that webhooks are signed by; without it, `base` does.
    pub fn at(self, base: &str, signing: Option<&str>) -> Result<Self, Invalid> {
        const EXPECTED: Invalid = Invalid::new("a URL such as https://api.example.com");
        let checked = |url: &str| {
            let url = url.trim_end_matches('/');
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            let fits = host.is_some_and(|host| {
                host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                    && !host.contains(|c: char| "@?#\\".contains(c) || c <= ' ')
            });
            fits.then(|| url.to_owned()).ok_or(EXPECTED)
        };
        let base = checked(base)?;
        let signing = signing.map_or_else(|| Ok(base.clone()), checked)?;
        Ok(Self { key: self.key, base, signing })
    }

    /// True if a URL is at the provider's API, so that its key may go there.
    #[must_use]
    pub fn owns(&self, url: &str) -> bool {
        url.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with('/'))
    }

    /// A URL of the API.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A URL of the host that tells signing keys.
    pub(crate) fn signing_url(&self, path: &str) -> String {
        format!("{}{path}", self.signing)
    }

    /// `url` if it is at the API, else `rule`.
    pub(crate) fn own(&self, url: Option<&str>, rule: String) -> String {
        url.filter(|url| self.owns(url)).map_or(rule, str::to_owned)
    }
}

/// `text` as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    match text {
        "." | ".." => "_".to_owned(),
        text => utf8_percent_encode(text, &KEPT).to_string(),
    }
}

/// `text` as a path of several segments.
pub(crate) fn path(text: &str) -> String {
    text.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// `url` with a query.
pub(crate) fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return url.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{url}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_at_its_host() {
        let base = "https://api.replicate.com";
        let access = Access::to("r8_key".into(), base, base);
        assert!(access.owns("https://api.replicate.com/v1/predictions/1"));
        for foreign in [
            "https://api.replicate.com.evil.example/v1",
            "https://api.replicate.com@evil.example/",
            "http://api.replicate.com/v1",
            "https://replicate.delivery/x.png",
        ] {
            assert!(!access.owns(foreign), "{foreign}");
        }
        assert!(!format!("{access:?}").contains("r8_key"));
        for bad in ["ftp://a", "https://", "https://user@host", "https://a?b", "a.example"] {
            assert!(access.clone().at(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_text_leaves_its_segment() {
        assert_eq!(segment(".."), "_");
        assert_eq!(segment("a/../b?c"), "a%2F..%2Fb%3Fc");
        assert_eq!(path("owner/../model"), "owner/_/model");
    }
}
