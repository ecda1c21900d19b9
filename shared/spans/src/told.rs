//! A span, as an API answers it.

use domain::export::Failure;
use domain::generation::SpanKind;
use domain::job::JobStatus;
use domain::making::CostSource;
use domain::{AssetId, Timestamp};
use providers::Usage;
use serde::Serialize;

use crate::span::{MediaSpan, Origin, Output};
use domain::{SpanId, TraceId};

/// A span, as an API answers it. The file's fields are those of the first output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told<'a> {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: SpanKind,
    /// The tool.
    pub tool: &'a str,
    /// The provider.
    pub provider: &'a str,
    /// The provider's model.
    pub model: &'a str,
    /// The prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<&'a str>,
    /// The first output.
    #[serde(flatten)]
    pub first: ToldOutput<'a>,
    /// All outputs.
    pub outputs: Vec<ToldOutput<'a>>,
    /// The text of a recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<&'a str>,
    /// Its state.
    pub status: JobStatus,
    /// The reason for which it made nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a Failure>,
    /// The time at which it was asked for.
    pub started_at: Timestamp,
    /// The time at which it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The time that it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Its cost in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_cost: Option<f64>,
    /// Its cost in millionths of a US dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<u64>,
    /// Where its cost comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_source: Option<CostSource>,
    /// The amounts that were counted.
    #[serde(skip_serializing_if = "<[Usage]>::is_empty")]
    pub usage: &'a [Usage],
    /// Its trace.
    pub trace_id: TraceId,
    /// It.
    pub span_id: SpanId,
    /// The span that it was called in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// The generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<&'a str>,
    /// Whose it is.
    #[serde(flatten)]
    pub origin: &'a Origin,
}

/// An output, as an API answers it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ToldOutput<'a> {
    /// Its asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<AssetId>,
    /// A lasting link to the asset's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_url: Option<&'a str>,
    /// Its place at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_url: Option<&'a str>,
    /// Its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<&'a str>,
    /// True if its asset has been deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_deleted: bool,
}

impl<'a> From<&'a Output> for ToldOutput<'a> {
    fn from(output: &'a Output) -> Self {
        Self {
            asset_id: output.asset_id,
            asset_url: output.asset_url.as_deref().filter(|_| !output.is_deleted),
            output_url: output.output_url.as_deref(),
            content_type: output.content_type.as_ref().map(domain::ContentType::as_str),
            is_deleted: output.is_deleted,
        }
    }
}

impl MediaSpan {
    /// The span, as an API answers it.
    #[must_use]
    pub fn told(&self) -> Told<'_> {
        let outputs: Vec<ToldOutput<'_>> = self.outputs.iter().map(Into::into).collect();
        Told {
            name: self.name(),
            kind: self.kind,
            tool: self.tool.as_str(),
            provider: self.provider.as_str(),
            model: self.model.as_str(),
            prompt: Some(self.prompt.as_str()).filter(|prompt| !prompt.is_empty()),
            first: outputs.first().copied().unwrap_or_default(),
            outputs,
            transcript: self.transcript.as_deref(),
            status: self.status,
            error: self.error.as_ref(),
            started_at: self.started_at,
            ended_at: self.ended_at,
            duration_ms: self.duration_ms(),
            estimated_cost: self.cost_usd(),
            cost_micro_usd: self.cost_micro_usd,
            cost_source: self.cost_source,
            usage: &self.usage,
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent_span_id: self.parent_span_id,
            generation_id: self.generation_id.as_ref().map(domain::Reference::as_str),
            origin: &self.origin,
        }
    }
}
