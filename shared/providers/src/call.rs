//! Calls of a tool, in words that all providers share.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::outcome::{Unit, Usage};

/// A thing that a provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Speech of a text.
    Tts,
    /// The text of a recording.
    Stt,
    /// Images of a text.
    ImageGen,
    /// An image made of others.
    ImageEdit,
    /// A video of a text.
    VideoGen,
    /// A video that begins with an image.
    VideoFromImage,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tts,
        Self::Stt,
        Self::ImageGen,
        Self::ImageEdit,
        Self::VideoGen,
        Self::VideoFromImage,
    ];

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tts => "tts",
            Self::Stt => "stt",
            Self::ImageGen => "image_gen",
            Self::ImageEdit => "image_edit",
            Self::VideoGen => "video_gen",
            Self::VideoFromImage => "video_from_image",
        }
    }

    /// True if it makes videos.
    #[must_use]
    pub fn is_video(self) -> bool {
        matches!(self, Self::VideoGen | Self::VideoFromImage)
    }

    /// True if it makes nothing without a prompt.
    pub(crate) fn needs_prompt(self) -> bool {
        matches!(self, Self::Tts | Self::ImageGen | Self::VideoGen)
    }

    /// The input that it makes nothing without.
    pub(crate) fn needs_input(self) -> Option<Role> {
        match self {
            Self::Stt => Some(Role::Audio),
            Self::ImageEdit | Self::VideoFromImage => Some(Role::Image),
            Self::Tts | Self::ImageGen | Self::VideoGen => None,
        }
    }
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The tool.
    pub tool: Tool,
    /// The provider's model.
    pub model: String,
    /// The text: what is to be said, or seen.
    pub prompt: String,
    /// The files that it is made from.
    pub inputs: Vec<Input>,
    /// The parameters that providers have in common.
    pub shared: Shared,
    /// The parameters that only this provider knows, passed on unread.
    pub parameters: Map<String, Value>,
}

impl Call {
    /// The first input of a role.
    pub(crate) fn input(&self, role: Role) -> Option<&Input> {
        self.inputs(role).next()
    }

    /// The inputs of a role.
    pub(crate) fn inputs(&self, role: Role) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(move |input| input.role == role)
    }

    /// The usage that is to be expected, as far as the call tells it.
    #[must_use]
    pub fn expected(&self) -> Vec<Usage> {
        let usage = |unit, quantity| Some(Usage { unit, quantity });
        let characters = || u64::try_from(self.prompt.chars().count()).ok();
        let expected = match self.tool {
            Tool::Tts => characters().and_then(|count| usage(Unit::Character, count)),
            Tool::ImageGen | Tool::ImageEdit => usage(Unit::Image, self.shared.count.unwrap_or(1)),
            Tool::VideoGen | Tool::VideoFromImage => {
                let seconds = self.shared.duration_seconds;
                seconds.and_then(|seconds| usage(Unit::Millisecond, seconds.saturating_mul(1000)))
            }
            Tool::Stt => None,
        };
        expected.into_iter().collect()
    }
}

/// A file that something is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its purpose.
    pub role: Role,
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// Its place.
    pub source: Source,
}

impl Input {
    /// The input as a URL: its own, or one that holds its bytes.
    pub(crate) fn as_url(&self) -> String {
        match &self.source {
            Source::Url(url) => url.clone(),
            Source::Bytes(bytes) => {
                format!("data:{};base64,{}", self.media_type, BASE64_STANDARD.encode(bytes))
            }
        }
    }

    /// The input's bytes, of a provider that takes no URL.
    pub(crate) fn bytes(&self) -> Result<&[u8], Unfit> {
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes),
            Source::Url(_) => Err(Unfit::new("inputs", "this provider takes bytes, and no URL")),
        }
    }

    /// The input's URL, of a provider that takes no bytes.
    pub(crate) fn url(&self) -> Result<&str, Unfit> {
        match &self.source {
            Source::Url(url) => Ok(url),
            Source::Bytes(_) => {
                Err(Unfit::new("inputs", "this provider takes a URL, and no bytes"))
            }
        }
    }
}

/// The place of an input.
#[derive(Clone, PartialEq)]
pub enum Source {
    /// At a URL that the provider can reach.
    Url(String),
    /// Here.
    Bytes(Vec<u8>),
}

impl fmt::Debug for Source {
    /// Shows nothing of a URL's query, which may sign it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url.split('?').next().unwrap_or_default()),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

/// The purpose of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The image to edit, or the first of a video.
    Image,
    /// The part of an image that may change.
    Mask,
    /// The last image of a video.
    LastFrame,
    /// The recording to write down.
    Audio,
}

impl Role {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Mask => "mask",
            Self::LastFrame => "last_frame",
            Self::Audio => "audio",
        }
    }
}

/// The parameters that providers have in common, under one name each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// Width and height in pixels, such as `1024x1024`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Such as `16:9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<String>,
    /// The length of a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
    /// The speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Such as `png` or `mp3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The same seed makes the same, where a model can do that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The number of outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl Shared {
    /// The value of a parameter, if it is given.
    pub(crate) fn get(&self, parameter: Parameter) -> Option<Value> {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        match parameter {
            Parameter::Size => text(&self.size),
            Parameter::AspectRatio => text(&self.aspect_ratio),
            Parameter::DurationSeconds => self.duration_seconds.map(Value::from),
            Parameter::Voice => text(&self.voice),
            Parameter::Format => text(&self.format),
            Parameter::Seed => self.seed.map(Value::from),
            Parameter::Count => self.count.map(Value::from),
        }
    }
}

/// The name of a parameter of [`Shared`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// [`Shared::size`].
    Size,
    /// [`Shared::aspect_ratio`].
    AspectRatio,
    /// [`Shared::duration_seconds`].
    DurationSeconds,
    /// [`Shared::voice`].
    Voice,
    /// [`Shared::format`].
    Format,
    /// [`Shared::seed`].
    Seed,
    /// [`Shared::count`].
    Count,
}

impl Parameter {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Size,
        Self::AspectRatio,
        Self::DurationSeconds,
        Self::Voice,
        Self::Format,
        Self::Seed,
        Self::Count,
    ];

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::AspectRatio => "aspect_ratio",
            Self::DurationSeconds => "duration_seconds",
            Self::Voice => "voice",
            Self::Format => "format",
            Self::Seed => "seed",
            Self::Count => "count",
        }
    }
}

/// A call that a model cannot take: the part that does not fit, and its limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct Unfit {
    /// The part of the call that does not fit.
    pub parameter: String,
    /// The limit, and the model's name.
    pub problem: String,
}

impl Unfit {
    pub(crate) fn new(parameter: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), problem: problem.into() }
    }
}
