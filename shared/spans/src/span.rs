//! One call of a tool, as a span.

use domain::export::Failure;
use domain::generation::SpanKind;
use domain::job::JobStatus;
use domain::making::CostSource;
use domain::{AssetId, ContentType, Label, Reference, Timestamp, WorkspaceId};
use providers::Usage;
use serde::{Deserialize, Serialize};

use domain::{SpanId, TraceId};

/// One call of a tool that makes media, whatever became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaSpan {
    /// Its trace.
    pub trace_id: TraceId,
    /// It.
    pub span_id: SpanId,
    /// The span that it was called in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// Whose it is.
    #[serde(default, flatten)]
    pub origin: Origin,
    /// The generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<Reference>,
    /// Its kind.
    pub kind: SpanKind,
    /// The tool.
    pub tool: Label,
    /// The provider.
    pub provider: Label,
    /// The provider's model.
    pub model: Label,
    /// The prompt; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// The files that it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// The things that it made, in the provider's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// The text of a recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// Its state.
    pub status: JobStatus,
    /// The reason for which it made nothing, or nobody knows of anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// The time at which it was asked for.
    pub started_at: Timestamp,
    /// The time at which it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Its cost in millionths of a US dollar; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<u64>,
    /// Where its cost comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_source: Option<CostSource>,
    /// The amounts that were counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<Usage>,
    /// The provider's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_id: Option<String>,
}

/// Whose a call is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
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
}

impl Origin {
    /// The id by which calls of one run are shown together: its conversation's, else its own, else the
    /// execution's.
    #[must_use]
    pub fn session(&self) -> Option<&Reference> {
        self.conversation_id.as_ref().or(self.run_id.as_ref()).or(self.execution_id.as_ref())
    }
}

/// A file that something was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// A lasting link to it.
    pub url: String,
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
}

/// A thing that a call made. It stays here when its file goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<AssetId>,
    /// A lasting link to the asset's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_url: Option<String>,
    /// Its place at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_url: Option<String>,
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// True if its asset has been deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deleted: bool,
}

impl MediaSpan {
    /// Its name, as the conventions for generative AI have it: the operation and the model.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", crate::attributes::OPERATION, self.model)
    }

    /// The time that it took, in milliseconds, once it is over.
    #[must_use]
    pub fn duration_ms(&self) -> Option<u64> {
        let taken = self.ended_at?.millis().saturating_sub(self.started_at.millis());
        Some(u64::try_from(taken).unwrap_or(0))
    }

    /// Its cost in US dollars.
    #[must_use]
    pub fn cost_usd(&self) -> Option<f64> {
        const MICRO: u64 = 1_000_000;
        let micro = self.cost_micro_usd?;
        // As a decimal, from which the nearest double is read.
        format!("{}.{:06}", micro / MICRO, micro % MICRO).parse().ok()
    }

    /// True if it wrote down a recording.
    #[must_use]
    pub fn is_transcription(&self) -> bool {
        self.transcript.is_some() || self.tool.as_str() == providers::Tool::Stt.as_str()
    }

    /// True if it came to nothing, or nobody knows to what.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self.status {
            JobStatus::Failed
            | JobStatus::Refused
            | JobStatus::Canceled
            | JobStatus::Unresolved
            | JobStatus::Lost => true,
            JobStatus::Queued
            | JobStatus::Submitting
            | JobStatus::Running
            | JobStatus::Fetching
            | JobStatus::Succeeded => false,
        }
    }
}
