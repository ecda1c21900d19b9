//! What agents make, with whose models and which tools.

/// A kind of asset.
pub(crate) struct Kind {
    /// The asset's type.
    pub(crate) name: &'static str,
    /// Who usually makes it, the most popular first.
    pub(crate) providers: &'static [&'static str],
    /// What it is usually made with, the most popular first.
    pub(crate) tools: &'static [&'static str],
    /// Of its files.
    pub(crate) content_type: &'static str,
    /// Of their names.
    pub(crate) extension: &'static str,
}

const fn kind(
    name: &'static str,
    providers: &'static [&'static str],
    tools: &'static [&'static str],
    content_type: &'static str,
    extension: &'static str,
) -> Kind {
    Kind { name, providers, tools, content_type, extension }
}

/// Every type, the most popular first.
pub(crate) const KINDS: [Kind; 8] = [
    kind(
        "image",
        &["fal", "openai", "stability", "google", "replicate"],
        &["image_gen", "image_edit"],
        "image/png",
        "png",
    ),
    kind(
        "copy",
        &["anthropic", "openai", "google", "mistral"],
        &["write", "rewrite"],
        "text/markdown",
        "md",
    ),
    kind(
        "audio",
        &["elevenlabs", "cartesia", "openai", "google"],
        &["tts", "stt"],
        "audio/mpeg",
        "mp3",
    ),
    kind(
        "video",
        &["runway", "luma", "google", "fal", "replicate"],
        &["video_gen", "video_from_image"],
        "video/mp4",
        "mp4",
    ),
    kind(
        "slide",
        &["anthropic", "google", "openai"],
        &["slides", "write"],
        "application/pdf",
        "pdf",
    ),
    kind(
        "script",
        &["openai", "anthropic", "mistral"],
        &["write", "rewrite"],
        "text/markdown",
        "md",
    ),
    kind("receipt", &["azure", "google", "mistral"], &["ocr"], "application/pdf", "pdf"),
    kind(
        "social_post",
        &["openai", "anthropic", "mistral", "fal"],
        &["write", "image_gen"],
        "text/markdown",
        "md",
    ),
];

/// Every provider, with its models in the order in which they came out.
pub(crate) const PROVIDERS: [(&str, [&str; 3]); 12] = [
    ("anthropic", ["claude-3-opus", "claude-sonnet-4", "claude-opus-4-5"]),
    ("azure", ["read-v3", "document-2024", "document-2025"]),
    ("cartesia", ["sonic", "sonic-2", "sonic-3"]),
    ("elevenlabs", ["eleven_multilingual_v2", "eleven_turbo_v2_5", "eleven_v3"]),
    ("fal", ["flux-dev", "flux-pro", "flux-2"]),
    ("google", ["gemini-1.5-pro", "gemini-2.0-flash", "gemini-2.5-pro"]),
    ("luma", ["ray-1.6", "ray-2", "ray-3"]),
    ("mistral", ["mistral-large", "mistral-medium-3", "mistral-ocr"]),
    ("openai", ["gpt-4o", "gpt-4.1", "gpt-5"]),
    ("replicate", ["sdxl", "flux-schnell", "seedream-4"]),
    ("runway", ["gen-2", "gen-3-alpha", "gen-4"]),
    ("stability", ["sd3", "sd3.5-large", "stable-image-ultra"]),
];

/// Every tool.
pub(crate) const TOOLS: [&str; 10] = [
    "image_edit",
    "image_gen",
    "ocr",
    "rewrite",
    "slides",
    "stt",
    "tts",
    "video_from_image",
    "video_gen",
    "write",
];

/// The well-known tags, and how many values each has in a workspace.
pub(crate) const TAGS: [(&str, usize); 3] = [("brand", 50), ("audience", 6), ("channel", 8)];

/// What prompts are made of.
pub(crate) const WORDS: [&str; 40] = [
    "a",
    "lighthouse",
    "at",
    "dawn",
    "in",
    "warm",
    "light",
    "with",
    "the",
    "product",
    "on",
    "marble",
    "for",
    "spring",
    "campaign",
    "friendly",
    "voice",
    "slow",
    "pan",
    "over",
    "city",
    "skyline",
    "short",
    "headline",
    "about",
    "sustainable",
    "packaging",
    "and",
    "soft",
    "shadows",
    "no",
    "text",
    "wide",
    "angle",
    "of",
    "people",
    "smiling",
    "minimal",
    "composition",
    "brand",
];
