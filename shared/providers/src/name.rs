//! The providers by name.

use serde::{Deserialize, Serialize};

/// A provider of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// `ElevenLabs`.
    #[serde(rename = "elevenlabs")]
    ElevenLabs,
    /// Deepgram.
    Deepgram,
    /// `OpenAI`.
    #[serde(rename = "openai")]
    OpenAi,
    /// Stability AI.
    Stability,
    /// fal, which also runs Pika's models.
    Fal,
    /// Replicate.
    Replicate,
    /// Runway.
    Runway,
    /// Luma's Agents API.
    Luma,
    /// Luma's older API.
    DreamMachine,
    /// Google, by keys of the Gemini API.
    Google,
    /// The maker that a laptop's store has in itself. It has no host of its own.
    Demo,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::ElevenLabs,
        Self::Deepgram,
        Self::OpenAi,
        Self::Stability,
        Self::Fal,
        Self::Replicate,
        Self::Runway,
        Self::Luma,
        Self::DreamMachine,
        Self::Google,
        Self::Demo,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ElevenLabs => "elevenlabs",
            Self::Deepgram => "deepgram",
            Self::OpenAi => "openai",
            Self::Stability => "stability",
            Self::Fal => "fal",
            Self::Replicate => "replicate",
            Self::Runway => "runway",
            Self::Luma => "luma",
            Self::DreamMachine => "dream_machine",
            Self::Google => "google",
            Self::Demo => "demo",
        }
    }

    /// The provider of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_of_its_own() {
        for provider in Provider::ALL {
            assert_eq!(Provider::named(provider.as_str()), Some(provider));
            let json = serde_json::to_value(provider).unwrap();
            assert_eq!(json, provider.as_str());
        }
    }
}
