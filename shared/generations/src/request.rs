//! Requests for a generation.

use model::making::{Context, MOST_INPUTS, MOST_OUTPUTS, MOST_PARAMETERS};
use model::store::ToolDefaults;
use model::{AssetId, Error, Metadata, Prompt, Reference, Result, Tags, Title, Wording};
use providers::{Provider, Role, Shared, Tool};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A new generation: a call of a media tool, and where its assets belong.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateGeneration)]
pub struct NewGeneration {
    /// `image_gen`, `image_edit`, `tts`, `stt`, `video_gen` or `video_from_image`.
    #[schema(value_type = String)]
    pub tool: Tool,
    /// By default the one that the operator has set for the tool.
    #[schema(value_type = Option<String>)]
    pub provider: Option<Provider>,
    /// The provider's model; by default the one that the operator has set for the tool.
    pub model: Option<String>,
    /// The text: what is to be said, or seen.
    #[schema(value_type = Option<String>)]
    pub prompt: Option<Wording>,
    /// The files that it is made from.
    #[serde(default)]
    pub inputs: Vec<NewInput>,
    /// Width and height in pixels, such as `1024x1024`.
    pub size: Option<String>,
    /// Such as `16:9`.
    pub aspect_ratio: Option<String>,
    /// The length of a video.
    pub duration_seconds: Option<u64>,
    /// The speaker.
    pub voice: Option<String>,
    /// Such as `png` or `mp3`.
    pub format: Option<String>,
    /// The same seed makes the same, where a model can do that.
    pub seed: Option<u64>,
    /// The number of outputs, each an asset.
    pub count: Option<u64>,
    /// What only this provider knows, passed on unread.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// The execution that it belongs to.
    #[schema(value_type = Option<String>)]
    pub execution_id: Option<Reference>,
    /// The agent that asks for it.
    #[schema(value_type = Option<String>)]
    pub agent_id: Option<Reference>,
    /// The conversation that it belongs to.
    #[schema(value_type = Option<String>)]
    pub conversation_id: Option<Reference>,
    /// The run that it belongs to.
    #[schema(value_type = Option<String>)]
    pub run_id: Option<Reference>,
    /// The campaign that it is for.
    #[schema(value_type = Option<String>)]
    pub campaign_id: Option<Reference>,
    /// The assets' title.
    #[schema(value_type = Option<String>)]
    pub title: Option<Title>,
    /// The assets' tags.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub tags: Tags,
    /// The assets' free data.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub metadata: Metadata,
}

/// A file that a generation is made from: an asset of the workspace, or what is at a URL.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInput {
    /// An asset; its current version.
    #[schema(value_type = Option<String>)]
    pub asset_id: Option<AssetId>,
    /// Where a file is, over https.
    #[schema(value_type = Option<String>)]
    pub url: Option<Prompt>,
    /// `image`, `mask`, `last_frame` or `audio`; by default what the tool needs.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
}

impl NewGeneration {
    /// Checks what no single field can tell.
    pub(crate) fn check(&self) -> Result<()> {
        if self.inputs.len() > MOST_INPUTS {
            return Err(Error::field("inputs", format!("expected at most {MOST_INPUTS} files")));
        }
        let most = u64::try_from(MOST_OUTPUTS).unwrap_or(u64::MAX);
        if self.count.is_some_and(|count| count == 0 || count > most) {
            return Err(Error::field("count", format!("expected a number from 1 to {most}")));
        }
        let size = serde_json::to_vec(&self.parameters).map_err(Error::internal)?.len();
        if size > MOST_PARAMETERS {
            let problem = format!("{size} bytes as JSON; it may have {MOST_PARAMETERS}");
            return Err(Error::field("parameters", problem));
        }
        Ok(())
    }

    /// The request with what the operator has set for the tool, where it does not say.
    pub(crate) fn with(mut self, defaults: ToolDefaults) -> Result<Self> {
        let same = |provider: &Provider| {
            defaults.provider.as_ref().is_some_and(|default| default.as_str() == provider.as_str())
        };
        if self.provider.is_some_and(|asked| !same(&asked)) {
            return Ok(self);
        }
        if self.provider.is_none() {
            let default = defaults.provider.as_ref();
            self.provider = default.and_then(|name| Provider::named(name.as_str()));
        }
        self.model = self.model.or(defaults.model.map(String::from));
        let mut shared = as_map(&self.shared())?;
        for (name, value) in defaults.parameters {
            let of = if is_shared(&name) { &mut shared } else { &mut self.parameters };
            of.entry(name).or_insert(value);
        }
        let shared: Shared = serde_json::from_value(shared.into()).map_err(|why| {
            Error::field("tool", format!("the operator's defaults for it cannot be used: {why}"))
        })?;
        self.size = shared.size;
        self.aspect_ratio = shared.aspect_ratio;
        self.duration_seconds = shared.duration_seconds;
        self.voice = shared.voice;
        self.format = shared.format;
        self.seed = shared.seed;
        self.count = shared.count;
        Ok(self)
    }

    /// The parameters that providers have in common.
    pub(crate) fn shared(&self) -> Shared {
        Shared {
            size: self.size.clone(),
            aspect_ratio: self.aspect_ratio.clone(),
            duration_seconds: self.duration_seconds,
            voice: self.voice.clone(),
            format: self.format.clone(),
            seed: self.seed,
            count: self.count,
        }
    }

    /// The place that it belongs to.
    pub(crate) fn context(&self) -> Context {
        Context {
            execution_id: self.execution_id.clone(),
            agent_id: self.agent_id.clone(),
            conversation_id: self.conversation_id.clone(),
            run_id: self.run_id.clone(),
            campaign_id: self.campaign_id.clone(),
            asset_type: None,
            file_name: None,
            title: self.title.clone(),
            tags: self.tags.clone(),
            metadata: self.metadata.clone(),
        }
    }
}

fn is_shared(name: &str) -> bool {
    providers::Parameter::ALL.iter().any(|parameter| parameter.as_str() == name)
}

/// A value as the members of a JSON object.
pub(crate) fn as_map(value: &impl Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(value).map_err(Error::internal)? {
        Value::Object(members) => Ok(members),
        _ => Err(Error::internal("not an object")),
    }
}
