//! The maker of a laptop's store: images and speech, at once, in the words of `OpenAI`.

use super::openai::OpenAi;
use crate::api::{Callbacks, Inputs, Row};

pub(crate) const ROW: Row = Row {
    // A name that leads nowhere (RFC 6761): it is spoken to only where somebody says that it is.
    base: "https://demo.invalid",
    signing: None,
    inputs: Inputs::Bytes,
    callbacks: Callbacks::None,
    pace: (0, 0),
    busy: 1_000,
    api: &OpenAi,
};
