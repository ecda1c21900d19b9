//! Those who do something: callers, producers, and the store itself.

use serde::{Deserialize, Serialize};

use crate::api_key::KeyPrefix;
use crate::text::ShortText;

/// The one that did something: an API key, by its public part and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The key's public part.
    pub key: KeyPrefix,
    /// Its name when it acted.
    pub name: ShortText,
}

impl Actor {
    /// The store itself, which does what nobody asked for just then: what a retention says, and what
    /// follows from files that came or went. Its prefix is no key's.
    #[must_use]
    pub fn store() -> Self {
        Self { key: KeyPrefix::store(), name: ShortText::store() }
    }
}

/// The maker of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Creator {
    /// An API key, by which it was registered.
    Key(Actor),
    /// Whoever uploaded a producer's file, as S3 names them.
    Producer {
        /// Such as `AWS:AROAEXAMPLE:session`.
        principal: String,
    },
}

impl Creator {
    /// The API key, where it was one.
    #[must_use]
    pub fn key(&self) -> Option<&Actor> {
        match self {
            Self::Key(actor) => Some(actor),
            Self::Producer { .. } => None,
        }
    }

    /// As short as it can be, since a record and each index that holds whole ones repeat it: the key's
    /// public part and its name; after nothing but a blank, a principal.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Key(Actor { key, name }) => format!("{key} {name}"),
            Self::Producer { principal } => format!(" {principal}"),
        }
    }

    /// Reads [`Self::to_text`]; none where it is none.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        match text.split_once(' ')? {
            ("", principal) => Some(Self::Producer { principal: principal.to_owned() }),
            (key, name) => {
                Some(Self::Key(Actor { key: key.parse().ok()?, name: name.parse().ok()? }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_made_it_reads_back() {
        let (key, name) = ("abcd1234".parse().unwrap(), "Ann of Brand".parse().unwrap());
        let made = Creator::Key(Actor { key, name });
        let principal = "AWS:AROAEXAMPLE:a session".to_owned();
        for creator in [made, Creator::Producer { principal }] {
            assert_eq!(Creator::of_text(&creator.to_text()), Some(creator));
        }
        assert_eq!(Creator::of_text("nobody"), None);
    }
}
