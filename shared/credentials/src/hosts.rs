//! The hosts that stand for those of providers.

use std::collections::BTreeMap;

use domain::{Error, Invalid, Result};
use platform::Environment;
use providers::{Access, Provider, Secret};

/// A URL in place of a provider's host, and one in place of the host that tells its signing key.
type Place = (String, Option<String>);

/// The providers that are elsewhere than they say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts(BTreeMap<Provider, Place>);

/// The names of the variables that say so: `PROVIDER_FAL_URL`, `PROVIDER_FAL_SIGNING_URL`, and so for each.
pub fn variables() -> impl Iterator<Item = String> {
    Provider::ALL.into_iter().flat_map(names)
}

fn names(provider: Provider) -> [String; 2] {
    let name = provider.as_str().to_uppercase();
    [format!("PROVIDER_{name}_URL"), format!("PROVIDER_{name}_SIGNING_URL")]
}

impl Hosts {
    pub(crate) fn of(environment: &Environment) -> Result<Self> {
        let mut hosts = BTreeMap::new();
        for provider in Provider::ALL {
            let [url, signing_url] = names(provider);
            let (base, signing) = (environment.optional(&url), environment.optional(&signing_url));
            let about = |name: &str, why: &str| {
                Error::internal(format!("the environment variable {name}: {why}"))
            };
            let bad = |name: String| move |why: Invalid| about(&name, &why.to_string());
            match (base, signing) {
                (Some(base), signing) => {
                    let access = Access::new(provider, Secret::from(""));
                    access.clone().at(&base, None).map_err(bad(url))?;
                    access.at(&base, signing.as_deref()).map_err(bad(signing_url))?;
                    hosts.insert(provider, (base, signing));
                }
                (None, Some(_)) => return Err(about(&signing_url, &format!("it needs {url}"))),
                (None, None) => {}
            }
        }
        Ok(Self(hosts))
    }

    pub(crate) fn has(&self, provider: Provider) -> bool {
        self.0.contains_key(&provider)
    }

    /// Access by a key, where the provider is.
    pub(crate) fn access(&self, provider: Provider, key: Secret) -> Result<Access> {
        let access = Access::new(provider, key);
        match self.0.get(&provider) {
            Some((base, signing)) => {
                access.at(base, signing.as_deref()).map_err(|why| Error::internal(why.to_string()))
            }
            None => Ok(access),
        }
    }
}
