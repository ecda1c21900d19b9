//! Of generations.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::review::HistoryActor;
use super::{AssetWithAliases, GenerationStatus};

#[derive(Serialize, ToSchema)]
pub struct GenerationAnswer {
    pub data: MediaGeneration,
}

/// A generation, or what one would cost.
#[derive(Serialize, ToSchema)]
pub struct GenerationOrEstimate {
    pub data: MadeOrEstimated,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "it is never made")]
pub enum MadeOrEstimated {
    Generation(MediaGeneration),
    Estimate(Estimate),
}

#[derive(Serialize, ToSchema)]
pub struct RecipeAnswer {
    pub data: MadeByRecipe,
}

/// What was made by a recipe.
#[derive(Serialize, ToSchema)]
pub struct MadeByRecipe {
    /// A digest of all that decides what it makes: provider, tool, model, prompt, parameters, inputs.
    pub recipe: String,
    /// Newest first, at most 20.
    pub generations: Vec<MediaGeneration>,
}

/// A page of generations, newest first.
#[derive(Serialize, ToSchema)]
pub struct Generations {
    pub items: Vec<MediaGeneration>,
    /// Where to go on; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// Media that the store has made by a provider. Fields without a value are left out.
#[derive(Serialize, ToSchema)]
pub struct MediaGeneration {
    #[schema(min_length = 27, max_length = 27)]
    pub id: String,
    pub workspace_id: String,
    pub status: GenerationStatus,
    /// Who asked for it.
    pub created_by: HistoryActor,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Of the last change.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it was last sent to the provider.
    #[schema(required = false, format = DateTime)]
    pub submitted_at: String,
    #[schema(required = false, format = DateTime)]
    pub ended_at: String,
    pub tool: String,
    pub provider: String,
    pub model: String,
    #[schema(required = false)]
    pub prompt: String,
    #[schema(required = false)]
    pub inputs: Vec<MediaInput>,
    /// The provider's name of the job, where somebody else has submitted it.
    #[schema(required = false)]
    pub job: String,
    #[schema(required = false)]
    pub size: String,
    #[schema(required = false)]
    pub aspect_ratio: String,
    #[schema(required = false)]
    pub duration_seconds: u64,
    #[schema(required = false)]
    pub voice: String,
    #[schema(required = false)]
    pub format: String,
    #[schema(required = false)]
    pub seed: u64,
    #[schema(required = false)]
    pub count: u64,
    /// What only this provider knows.
    #[schema(required = false)]
    pub parameters: BTreeMap<String, Value>,
    #[schema(required = false)]
    pub execution_id: String,
    #[schema(required = false)]
    pub agent_id: String,
    #[schema(required = false)]
    pub conversation_id: String,
    #[schema(required = false)]
    pub run_id: String,
    #[schema(required = false)]
    pub campaign_id: String,
    /// Of the asset, where it was imported.
    #[serde(rename = "type")]
    #[schema(required = false)]
    pub asset_type: String,
    /// Of the asset, where it was imported.
    #[schema(required = false)]
    pub file_name: String,
    #[schema(required = false)]
    pub title: String,
    #[schema(required = false)]
    pub tags: BTreeMap<String, Vec<String>>,
    #[schema(required = false)]
    pub metadata: BTreeMap<String, Value>,
    /// A digest of all that decides what it makes: provider, tool, model, prompt, parameters, inputs.
    pub recipe: String,
    /// How far it is at its provider. It never runs backwards.
    #[schema(required = false)]
    pub progress: MediaProgress,
    /// Why it has no output, or nobody knows of one.
    #[schema(required = false)]
    pub error: MediaFailure,
    /// What it was expected to cost, in millionths of a US dollar.
    #[schema(required = false)]
    pub estimated_micro_usd: u64,
    /// The part of the budget that is held for it, in millionths of a US dollar.
    #[schema(required = false)]
    pub reserved_micro_usd: u64,
    /// In millionths of a US dollar.
    #[schema(required = false)]
    pub cost_micro_usd: u64,
    /// `reported`: the provider's own usage at the catalogue's price; `estimated`: the expected usage at that price.
    #[schema(required = false)]
    pub cost_source: String,
    #[schema(required = false)]
    pub usage: Vec<MediaUsage>,
    /// Of W3C Trace Context.
    pub trace_id: String,
    pub span_id: String,
    #[schema(required = false)]
    pub parent_span_id: String,
    /// When the first of the outputs that are at the provider alone is gone.
    #[schema(required = false, format = DateTime)]
    pub at_risk_until: String,
    /// Its assets: those that wait for it, then those that it has made.
    pub asset_ids: Vec<String>,
    /// The same as they are now; not in lists.
    #[schema(required = false)]
    pub assets: Vec<AssetWithAliases>,
}

/// A file that a generation is made from.
#[derive(Serialize, ToSchema)]
pub struct MediaInput {
    /// `image`, `mask`, `last_frame` or `audio`; `file` where it was imported.
    pub role: String,
    #[schema(required = false)]
    pub asset_id: String,
    #[schema(required = false)]
    pub version: u32,
    #[schema(required = false)]
    pub url: String,
}

#[derive(Serialize, ToSchema)]
pub struct MediaProgress {
    /// `waiting` or `working`.
    pub phase: String,
    /// How many jobs are before it.
    #[schema(required = false)]
    pub position: u64,
    #[schema(required = false)]
    pub percent: u8,
}

#[derive(Serialize, ToSchema)]
pub struct MediaFailure {
    /// Stable, for programs.
    pub code: String,
    pub message: String,
}

/// What the provider counted.
#[derive(Serialize, ToSchema)]
pub struct MediaUsage {
    pub unit: String,
    pub quantity: u64,
}

/// What a generation would cost. Amounts are millionths of a US dollar.
#[derive(Serialize, ToSchema)]
pub struct Estimate {
    pub provider: String,
    pub model: String,
    pub recipe: String,
    /// Null where the catalogue has no price.
    #[schema(required = true)]
    pub estimated_micro_usd: Option<u64>,
    /// What would be held of the budget.
    pub reserved_micro_usd: u64,
}

/// A page of an execution's media calls, newest first.
#[derive(Serialize, ToSchema)]
pub struct MediaSpans {
    pub items: Vec<MediaSpan>,
    /// Where to go on; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A media call as a span of its trace. Fields without a value are left out.
#[derive(Serialize, ToSchema)]
pub struct MediaSpan {
    /// The operation and the model.
    pub name: String,
    /// `speech`, `image` or `video`.
    pub kind: String,
    pub tool: String,
    pub provider: String,
    pub model: String,
    #[schema(required = false)]
    pub prompt: String,
    /// Of the first output.
    #[schema(required = false)]
    pub asset_id: String,
    /// Of the first output.
    #[schema(required = false)]
    pub asset_url: String,
    /// Of the first output.
    #[schema(required = false)]
    pub output_url: String,
    /// Of the first output.
    #[schema(required = false)]
    pub content_type: String,
    /// Of the first output.
    #[schema(required = false)]
    pub is_deleted: bool,
    pub outputs: Vec<MediaSpanOutput>,
    pub status: GenerationStatus,
    /// Why it has no output, or nobody knows of one.
    #[schema(required = false)]
    pub error: MediaFailure,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub started_at: String,
    #[schema(required = false, format = DateTime)]
    pub ended_at: String,
    #[schema(required = false)]
    pub duration_ms: u64,
    /// US dollars: until it is over, what it is expected to cost.
    #[schema(required = false)]
    pub estimated_cost: f64,
    /// The same in millionths of a US dollar.
    #[schema(required = false)]
    pub cost_micro_usd: u64,
    /// `reported` or `estimated`.
    #[schema(required = false)]
    pub cost_source: String,
    #[schema(required = false)]
    pub usage: Vec<MediaUsage>,
    /// Of W3C Trace Context.
    pub trace_id: String,
    pub span_id: String,
    #[schema(required = false)]
    pub parent_span_id: String,
    pub generation_id: String,
    pub workspace_id: String,
    pub execution_id: String,
    #[schema(required = false)]
    pub agent_id: String,
    #[schema(required = false)]
    pub conversation_id: String,
    #[schema(required = false)]
    pub run_id: String,
    #[schema(required = false)]
    pub campaign_id: String,
}

/// What a media call made. It is told of also when its file is gone.
#[derive(Serialize, ToSchema)]
pub struct MediaSpanOutput {
    #[schema(required = false)]
    pub asset_id: String,
    /// The route that gives a link to the file: below the API's URL, or a path where that was not known.
    #[schema(required = false)]
    pub asset_url: String,
    /// Where the provider put it.
    #[schema(required = false)]
    pub output_url: String,
    #[schema(required = false)]
    pub content_type: String,
    /// True if the asset was deleted.
    #[schema(required = false)]
    pub is_deleted: bool,
}

#[derive(Serialize, ToSchema)]
pub struct MediaModels {
    pub data: Vec<MediaModel>,
}

/// A model of a provider for a tool.
#[derive(Serialize, ToSchema)]
pub struct MediaModel {
    pub provider: String,
    pub tool: String,
    /// `*` stands for any other that the provider knows.
    pub model: String,
    /// True if the workspace has a key for the provider.
    pub has_credentials: bool,
    /// The most characters of a prompt.
    #[schema(required = false)]
    pub prompt_most: u64,
    /// The most files of each role.
    #[schema(required = false)]
    pub inputs: BTreeMap<String, u64>,
    /// The parameters that it takes of those that providers have in common.
    #[schema(required = false)]
    pub parameters: BTreeMap<String, MediaLimits>,
    /// Of which the sum is to be paid; unknown where there are none.
    pub prices: Vec<MediaPrice>,
}

/// What a parameter may be; without bounds, anything.
#[derive(Serialize, ToSchema)]
pub struct MediaLimits {
    #[schema(required = false)]
    pub one_of: Vec<String>,
    #[schema(required = false)]
    pub least: u64,
    #[schema(required = false)]
    pub most: u64,
    pub required: bool,
}

/// The price of `per` units, and who said so on which day.
#[derive(Serialize, ToSchema)]
pub struct MediaPrice {
    pub unit: String,
    /// Millionths of a US dollar.
    pub micro_usd: u64,
    pub per: u64,
    pub on: String,
    pub source: String,
}
