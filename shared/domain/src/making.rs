//! Generations: media that the store has made by a provider. Pure: their records are kept by `store`, and the
//! work is done by `jobs`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::actor::Actor;
use crate::generation::{Amount, Generation, SpanKind, Usage};
use crate::id::{AssetId, GenerationId, Reference, WorkspaceId};
use crate::job::{Job, JobStatus};
use crate::text::{
    AssetType, Checksum, FileName, Label, Metadata, Prompt, ShortText, Tags, Title, Wording,
};
use crate::time::{DAY, HOUR, Timestamp};
use crate::trace::{SpanId, TraceId};

/// The most outputs that a generation is asked for.
pub const MOST_OUTPUTS: usize = 10;
/// The most files that a generation is made from.
pub const MOST_INPUTS: usize = 10;
/// The most bytes of a generation's own parameters, as JSON.
pub const MOST_PARAMETERS: usize = 16 * 1024;
/// The time within which a provider must have ended a job that makes no video, in milliseconds.
pub const PATIENCE: i64 = HOUR;
/// The same for a video.
pub const PATIENCE_FOR_VIDEO: i64 = DAY;

/// The tool of a generation that makes nothing: its one output is at a URL that the caller named.
pub const IMPORT: &str = "import";

/// A file that a generation is made from: an asset's version, or what is at a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingredient {
    /// Its purpose, in the catalogue's words.
    pub role: Label,
    /// The asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<AssetId>,
    /// The asset's version, as it was when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Prompt>,
}

/// A call of a media tool, and where it belongs. Fields without a value are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The tool: `image_gen`, `tts`, …
    pub tool: Label,
    /// The provider.
    pub provider: Label,
    /// The provider's model.
    pub model: Label,
    /// The text: what is to be said, or seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Wording>,
    /// The files that it is made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Ingredient>,
    /// The provider's name of the job, where somebody else has submitted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<ShortText>,
    /// The parameters that providers have in common, by name.
    #[serde(flatten)]
    pub shared: Map<String, Value>,
    /// The parameters that only this provider knows.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// The place that it belongs to.
    pub context: Context,
}

/// The place that a generation belongs to, and what its assets are given. Fields without a value are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<Reference>,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<Reference>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Reference>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Reference>,
    /// The campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<Reference>,
    /// The assets' type, where that does not follow from the tool.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub asset_type: Option<AssetType>,
    /// The name of the file, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<FileName>,
    /// The assets' title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The assets' tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// The assets' free data.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// Its span in a trace, by the ids of W3C Trace Context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The trace.
    pub trace_id: TraceId,
    /// The span that the generation is.
    pub span_id: SpanId,
    /// The span that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
}

crate::words! {
    /// The source of a cost.
    CostSource {
        /// The provider's own usage, at the catalogue's price of the day.
        Reported = "reported",
        /// What the call was expected to use, at that price.
        Estimated = "estimated",
    }
}

/// An amount that a provider counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The unit, in the catalogue's words.
    pub unit: ShortText,
    /// The number of units.
    pub quantity: u64,
}

/// A generation as it is stored. Amounts are millionths of a US dollar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerationRecord {
    /// Sorts by creation time.
    pub id: GenerationId,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The one that asked for it.
    pub created_by: Actor,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The time at which it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The call.
    pub asked: Asked,
    /// The digest of what it is made of.
    pub recipe: Checksum,
    /// The number of outputs that it was asked for: so many assets wait for it.
    pub count: usize,
    /// The cost that was expected; none where the catalogue has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<u64>,
    /// The source of its cost, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_source: Option<CostSource>,
    /// The usage, as the provider counts it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<Counted>,
    /// Its span.
    pub trace: Trace,
    /// The address at which the provider may tell that it is over: secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// Its job.
    pub job: Job,
}

impl GenerationRecord {
    /// The time at which it was asked for.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.created_at()
    }

    /// The generation with the next state of its job.
    #[must_use]
    pub fn with_job(&self, job: Job, now: Timestamp) -> Self {
        let ended_at = self.ended_at.or(job.status.has_ended().then_some(now));
        Self { job, ended_at, updated_at: now.max(self.updated_at), ..self.clone() }
    }

    /// The assets that wait for its outputs when it is asked for: one for each.
    pub fn awaited(&self) -> impl Iterator<Item = AssetId> {
        (0..self.count).map(|index| self.id.output(index))
    }

    /// Its assets: those that wait for it while something may come of it, then those that it has made.
    #[must_use]
    pub fn assets(&self) -> Vec<AssetId> {
        let count = self.count.max(self.job.outputs.len());
        let is_kept = |index: &usize| match self.job.outputs.get(*index) {
            Some(output) => output.is_stored() || !self.job.status.has_ended(),
            None => !self.job.status.has_ended(),
        };
        (0..count).filter(is_kept).map(|index| self.id.output(index)).collect()
    }

    /// The medium that it makes.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        let asset_type = self.asked.context.asset_type.as_ref().map(AssetType::as_str);
        match (self.asked.tool.as_str(), asset_type) {
            ("tts" | "stt", _) | (IMPORT, Some("audio" | "transcript")) => SpanKind::Speech,
            ("video_gen" | "video_from_image", _) | (IMPORT, Some("video")) => SpanKind::Video,
            _ => SpanKind::Image,
        }
    }

    /// The URL that it is imported from, as far as it may be shown.
    fn imported_from(&self) -> Option<&Prompt> {
        let is_import = self.asked.tool.as_str() == IMPORT;
        self.asked.inputs.first().filter(|_| is_import)?.url.as_ref()
    }

    /// The outcome as an asset of it tells.
    #[must_use]
    pub fn outcome(&self) -> Generation {
        let job = &self.job;
        let usage = self.usage.first().and_then(|counted| {
            #[expect(clippy::cast_precision_loss, reason = "no provider counts to 2^53")]
            let quantity = Amount::try_from(counted.quantity as f64).ok()?;
            Some(Usage { unit: counted.unit.clone(), quantity })
        });
        let error = job.error.as_ref().and_then(|why| Prompt::cut(&why.message));
        let took = self.ended_at.zip(job.submitted_at);
        let took = took.map(|(end, start)| end.millis().saturating_sub(start.millis()));
        Generation {
            id: Some(self.id),
            status: job.status,
            error,
            cost_usd: job.cost.and_then(dollars),
            usage,
            duration_ms: took.and_then(|took| u64::try_from(took).ok()),
            started_at: job.submitted_at,
            trace_id: self.trace.trace_id.to_string().parse().ok(),
            span_id: self.trace.span_id.to_string().parse().ok(),
            span_kind: Some(self.kind()),
            output_url: self.imported_from().cloned(),
        }
    }
}

/// Millionths of a US dollar in US dollars.
fn dollars(micro: u64) -> Option<Amount> {
    #[expect(clippy::cast_precision_loss, reason = "no job costs 2^53 millionths of a dollar")]
    Amount::try_from(micro as f64 / 1e6).ok()
}

/// The part of a workspace's generations that a list is of; without any field, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GenerationFilter {
    /// The state.
    pub status: Option<JobStatus>,
    /// The execution.
    pub execution_id: Option<Reference>,
    /// The agent.
    pub agent_id: Option<Reference>,
    /// The provider.
    pub provider: Option<Label>,
}

impl GenerationFilter {
    /// True if the generation is one of the list.
    #[must_use]
    pub fn takes(&self, record: &GenerationRecord) -> bool {
        let context = &record.asked.context;
        self.status.is_none_or(|status| record.job.status == status)
            && (self.execution_id.is_none() || self.execution_id == context.execution_id)
            && (self.agent_id.is_none() || self.agent_id == context.agent_id)
            && self.provider.as_ref().is_none_or(|provider| record.asked.provider == *provider)
    }

    /// Tells the filter from others.
    #[must_use]
    pub fn digest(&self) -> [u8; 8] {
        let parts = [
            self.status.map(JobStatus::as_str),
            self.execution_id.as_ref().map(Reference::as_str),
            self.agent_id.as_ref().map(Reference::as_str),
            self.provider.as_ref().map(Label::as_str),
        ];
        // No value holds a NUL, so the joined text is unambiguous.
        let joined = parts.map(Option::unwrap_or_default).join("\0");
        let mut digest = [0; 8];
        digest.copy_from_slice(&Sha256::digest(joined)[..8]);
        digest
    }
}
