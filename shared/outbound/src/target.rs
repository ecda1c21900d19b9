//! Where a request goes.

use std::net::IpAddr;

use http::HeaderValue;
use url::{Host, Url};

/// A URL of the web that holds no credentials.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target(Url);

/// The reason why a text is no [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTarget {
    /// It is no URL.
    NoUrl,
    /// It is of another scheme.
    Scheme,
    /// It holds a user's name or a password.
    Credentials,
}

impl Target {
    pub(crate) fn parse(text: &str) -> Result<Self, NoTarget> {
        Self::of(Url::parse(text).map_err(|_| NoTarget::NoUrl)?)
    }

    /// The target of a redirect from here.
    pub(crate) fn join(&self, location: &str) -> Result<Self, NoTarget> {
        Self::of(self.0.join(location).map_err(|_| NoTarget::NoUrl)?)
    }

    fn of(mut url: Url) -> Result<Self, NoTarget> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NoTarget::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NoTarget::Credentials);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Its host, as it may be shown and logged.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Its host: an address in whatever form is one by now, also `0x7f.1`.
    pub(crate) fn name_or_address(&self) -> Result<&str, IpAddr> {
        match self.0.host() {
            Some(Host::Ipv4(address)) => Err(address.into()),
            Some(Host::Ipv6(address)) => Err(address.into()),
            Some(Host::Domain(name)) => Ok(name),
            None => Ok(""),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The port, if it is not its scheme's own.
    pub(crate) fn other_port(&self) -> Option<u16> {
        self.0.port()
    }

    pub(crate) fn is_same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// The `Host` header.
    pub(crate) fn authority(&self) -> Option<HeaderValue> {
        let authority = match self.0.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        };
        HeaderValue::from_str(&authority).ok()
    }

    /// The path and the query, as a request's first line has them.
    pub(crate) fn path(&self) -> Option<http::Uri> {
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.0.path()).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_as_servers_read_it() {
        let target =
            Target::parse("HTTPS://Media.Example:8443/a b/%7e?x={1}&y=ü|^`#there").unwrap();
        assert_eq!(target.authority().unwrap(), "media.example:8443");
        assert_eq!(target.path().unwrap(), "/a%20b/%7e?x={1}&y=%C3%BC|^`");
        assert_eq!((target.port(), target.other_port()), (8443, Some(8443)));
        let target = Target::parse("https://media.example:443").unwrap();
        assert_eq!((target.port(), target.other_port()), (443, None));
        assert_eq!(
            (target.path().unwrap(), target.host()),
            ("/".parse().unwrap(), "media.example")
        );
    }

    #[test]
    fn an_address_is_one_in_whatever_form() {
        for text in ["127.0.0.1", "0x7f.1", "0177.0.0.1", "2130706433", "127.1", "127。0。0。1"]
        {
            let target = Target::parse(&format!("https://{text}/")).unwrap();
            assert_eq!(target.name_or_address(), Err(IpAddr::from([127, 0, 0, 1])), "{text}");
        }
        let target = Target::parse("https://[::ffff:7f00:1]/").unwrap();
        assert!(target.name_or_address().is_err());
    }

    #[test]
    fn what_is_no_target_says_why() {
        for (text, why) in [
            ("", NoTarget::NoUrl),
            ("media.example/a", NoTarget::NoUrl),
            ("https://", NoTarget::NoUrl),
            ("https://1.2.3.4.5/", NoTarget::NoUrl),
            ("file:///etc/hostname", NoTarget::Scheme),
            ("data:text/plain,a", NoTarget::Scheme),
            ("https://me@media.example/", NoTarget::Credentials),
            ("https://:word@media.example/", NoTarget::Credentials),
        ] {
            assert_eq!(Target::parse(text).err(), Some(why), "{text}");
        }
    }
}
