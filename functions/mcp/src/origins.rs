//! The web pages that may use the endpoint.

use model::Result;
use platform::Environment;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;

/// The origins of web pages that may use the endpoint, as `scheme://host`, with `:port` or `:*`. What is no web
/// page sends no `Origin`, and is not asked for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Option<Vec<String>>);

impl Origins {
    /// Pages of this machine: a page of another origin whose host's name leads here is refused (DNS rebinding).
    pub const OF_THIS_MACHINE: &str = "http://localhost:*,http://127.0.0.1:*,http://[::1]:*";

    /// As the environment says in `ALLOWED_ORIGINS`, as [`Self::parse`] takes it.
    pub(crate) fn new(environment: &Environment) -> Result<Self> {
        Ok(Self::parse(&environment.variable("ALLOWED_ORIGINS")?))
    }

    /// Origins, separated by commas; `*` stands for any.
    fn parse(text: &str) -> Self {
        let origins: Vec<_> = text.split(',').map(|origin| origin.trim().to_owned()).collect();
        Self((!origins.iter().any(|origin| origin == "*")).then_some(origins))
    }

    /// Has the SDK refuse the others.
    pub(crate) fn guard(&self, config: StreamableHttpServerConfig) -> StreamableHttpServerConfig {
        match &self.0 {
            Some(origins) => {
                config.with_allowed_origins(origins.clone()).enforce_origin_validation()
            }
            None => config,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_among_them_stands_for_any() {
        let app = "https://app.example.com";
        assert_eq!(Origins::parse(app), Origins(Some(vec![app.to_owned()])));
        assert_eq!(Origins::parse(&format!("{app}, *")), Origins(None));
    }
}
