//! The places of outputs that are still to be fetched.

use providers::{Content, Kind, Output};
use serde::{Deserialize, Serialize};

/// An output at its provider, as a job keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Source {
    /// Its URL. What is in its query may open it to whoever has it, so it is shown to nobody.
    pub url: String,
    /// The kind of thing that it is.
    pub kind: Kind,
    /// Its media type, where the provider says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its bytes, where the provider says that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// True if it is fetched with the provider's key.
    #[serde(default)]
    pub needs_key: bool,
    /// True if another look at the job makes a new place of it.
    #[serde(default)]
    pub is_renewed: bool,
}

impl Source {
    /// The output as its provider's module knows it.
    #[must_use]
    pub fn output(&self) -> Output {
        Output {
            kind: self.kind,
            content: Content::Url(self.url.clone()),
            media_type: self.media_type.clone(),
            size: self.size,
            needs_key: self.needs_key,
            gone_at: None,
            is_renewed: self.is_renewed,
        }
    }

    /// What is at a URL that the caller named.
    #[must_use]
    pub fn at(url: String) -> Self {
        let (media_type, size) = (None, None);
        Self { url, kind: Kind::Media, media_type, size, needs_key: false, is_renewed: false }
    }

    /// The place of an output; none where it came with the answer.
    #[must_use]
    pub fn of(output: &Output) -> Option<Self> {
        let Content::Url(url) = &output.content else { return None };
        Some(Self {
            url: url.clone(),
            kind: output.kind,
            media_type: output.media_type.clone(),
            size: output.size,
            needs_key: output.needs_key,
            is_renewed: output.is_renewed,
        })
    }
}
