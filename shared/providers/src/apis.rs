//! A module a provider: what its API is, and nothing of any other's.

pub(crate) mod deepgram;
pub(crate) mod demo;
pub(crate) mod dream_machine;
pub(crate) mod elevenlabs;
pub(crate) mod fal;
pub(crate) mod google;
pub(crate) mod luma;
pub(crate) mod openai;
pub(crate) mod replicate;
pub(crate) mod runway;
pub(crate) mod stability;
pub(crate) mod transcript;
