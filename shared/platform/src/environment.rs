//! The surroundings that a function is given when it starts.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Region;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::{Clock, Error, Result};

use crate::aws;

/// The surroundings of a function: its variables, the way to AWS, and the time.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    http: Option<SharedHttpClient>,
    clock: Clock,
    dynamodb: OnceLock<Client>,
}

impl Environment {
    /// These variables and this time; AWS is reached through `http`, or over the network.
    #[must_use]
    pub fn new(
        variables: BTreeMap<String, String>,
        http: Option<SharedHttpClient>,
        clock: Clock,
    ) -> Self {
        Self { variables, http, clock, dynamodb: OnceLock::new() }
    }

    /// The variables of this process, and the system's time.
    #[must_use]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self::new(variables, None, Clock::system())
    }

    /// The same with another value of one variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The time.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The variable `name`; an error that names it where it is not set.
    pub fn variable(&self, name: &str) -> Result<String> {
        let value = self.optional(name);
        value.ok_or_else(|| Error::internal(format!("the environment variable {name} is not set")))
    }

    /// The variable `name`, if it is set and not empty.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// The credentials that Lambda, or a shell, puts into the environment.
    pub fn credentials(&self) -> Result<Credentials> {
        Ok(Credentials::new(
            self.variable("AWS_ACCESS_KEY_ID")?,
            self.variable("AWS_SECRET_ACCESS_KEY")?,
            self.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        ))
    }

    /// The region, from `AWS_REGION` or `AWS_DEFAULT_REGION`.
    pub fn region(&self) -> Result<Region> {
        let region = self.optional("AWS_REGION").or_else(|| self.optional("AWS_DEFAULT_REGION"));
        region
            .map(Region::new)
            .ok_or_else(|| Error::internal("the environment variable AWS_REGION is not set"))
    }

    /// The HTTP client for AWS, or for the custom `endpoint`.
    pub fn http(&self, endpoint: Option<&str>) -> Result<SharedHttpClient> {
        self.http.clone().map_or_else(|| aws::http_client(endpoint), Ok)
    }

    /// The DynamoDB client, always the same: Lambda's own variables, and `AWS_ENDPOINT_URL_DYNAMODB` for another
    /// endpoint.
    pub fn dynamodb(&self) -> Result<Client> {
        if let Some(client) = self.dynamodb.get() {
            return Ok(client.clone());
        }
        let endpoint = self.optional("AWS_ENDPOINT_URL_DYNAMODB");
        let http = self.http(endpoint.as_deref())?;
        let client = aws::dynamodb(endpoint, self.region()?, self.credentials()?, http);
        Ok(self.dynamodb.get_or_init(|| client).clone())
    }
}
