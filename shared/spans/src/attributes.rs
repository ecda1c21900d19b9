//! A span's attributes, by the conventions for generative AI and by what those who show traces read of
//! them.
//!
//! Most keys are here for one reader or another: what each makes of each spelling was tried, and
//! several spellings of one fact are there since no two read the same.
//!
//! - The operation is always `generate_content`, with a model; an own name is unknown to Phoenix.
//! - A cost that is not known is left out, and tokens are told under own names: readers would price
//!   those of an image as text.
//! - A message is a JSON text, and says how it ended: otherwise Phoenix drops it. Phoenix takes
//!   whatever is at a URI for an image, so that a sound or a video is a link in Markdown beside it,
//!   which it prefers.
//! - The provider's URL of an output is not told: whoever has it has the file.

use domain::generation::SpanKind;
use domain::job::JobStatus;
use domain::making::CostSource;
use domain::{ContentType, Reference};
use providers::Unit;
use serde_json::{Value, json};

use crate::otlp::{Attribute, Scalar};
use crate::span::{MediaSpan, Output};

/// The operation, of those that the conventions know.
pub(crate) const OPERATION: &str = "generate_content";

/// All attributes of a span.
pub(crate) fn of(span: &MediaSpan) -> Vec<Attribute> {
    let mut all = Attributes(Vec::with_capacity(40));
    all.kind(span);
    all.origin(span);
    all.cost(span);
    all.usage(span);
    all.input(span);
    all.output(span);
    all.end(span);
    all.0
}

struct Attributes(Vec<Attribute>);

impl Attributes {
    fn add(&mut self, key: impl Into<String>, value: impl Into<Scalar>) {
        self.0.push(Attribute::new(key, value.into()));
    }

    fn add_some<T: Into<Scalar>>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }

    fn kind(&mut self, span: &MediaSpan) {
        self.add("gen_ai.operation.name", OPERATION);
        self.add("gen_ai.provider.name", span.provider.as_str());
        self.add("gen_ai.request.model", span.model.as_str());
        self.add("gen_ai.output.type", output_type(span));
        self.add("openinference.span.kind", "LLM");
        self.add("langfuse.observation.type", "generation");
        let has_result =
            span.transcript.is_some() || span.outputs.iter().any(|output| link(output).is_some());
        // Where there is no result, Phoenix would make one of the id.
        let id = if has_result { "gen_ai.response.id" } else { "agent_assets.response_id" };
        self.add_some(id, span.response_id.as_deref());
        self.add("agent_assets.kind", span.kind.as_str());
        self.add("agent_assets.tool", span.tool.as_str());
        self.add("agent_assets.status", span.status.as_str());
    }

    fn origin(&mut self, span: &MediaSpan) {
        let origin = &span.origin;
        // Phoenix reads the one, Opik the other.
        let session = origin.session().map(Reference::as_str);
        self.add_some("session.id", session);
        self.add_some("gen_ai.conversation.id", session);
        let workspace = origin.workspace_id.as_ref().map(domain::WorkspaceId::as_str);
        self.add_some("agent_assets.workspace_id", workspace);
        for (key, id) in [
            ("agent_assets.execution_id", &origin.execution_id),
            ("agent_assets.agent_id", &origin.agent_id),
            ("agent_assets.conversation_id", &origin.conversation_id),
            ("agent_assets.run_id", &origin.run_id),
            ("agent_assets.campaign_id", &origin.campaign_id),
            ("agent_assets.generation_id", &span.generation_id),
        ] {
            self.add_some(key, id.as_ref().map(Reference::as_str));
        }
        let assets = span.outputs.iter().filter_map(|output| output.asset_id);
        let assets: Vec<_> = assets.map(|id| id.to_string()).collect();
        if !assets.is_empty() {
            self.add("agent_assets.asset_ids", assets);
        }
    }

    fn cost(&mut self, span: &MediaSpan) {
        let Some(usd) = span.cost_usd() else { return };
        self.add("gen_ai.usage.cost", usd);
        self.add("llm.cost.total", usd);
        self.add("langwatch.span.cost", usd);
        self.add("langfuse.observation.cost_details", json!({ "total": usd }).to_string());
        let parts = json!({ "input_cost": 0, "output_cost": usd, "total_cost": usd });
        self.add("mlflow.llm.cost", parts.to_string());
        self.add_some("agent_assets.cost_source", span.cost_source.map(CostSource::as_str));
    }

    fn usage(&mut self, span: &MediaSpan) {
        for usage in &span.usage {
            let Ok(quantity) = i64::try_from(usage.quantity) else { continue };
            self.add(format!("agent_assets.usage.{}", unit(usage.unit)), quantity);
            // What LangWatch has prices for, which it takes where it is told none.
            let is_priced_by_others =
                span.cost_micro_usd.is_none() && span.kind == SpanKind::Speech;
            match usage.unit {
                Unit::Character if is_priced_by_others && !span.is_transcription() => {
                    self.add("gen_ai.usage.input_chars", quantity);
                }
                Unit::Millisecond
                    if is_priced_by_others && span.is_transcription() && quantity % 1000 == 0 =>
                {
                    self.add("gen_ai.usage.audio_seconds", quantity / 1000);
                }
                _ => {}
            }
        }
    }

    fn input(&mut self, span: &MediaSpan) {
        let recordings = span.inputs.iter().filter(|_| span.is_transcription());
        let recordings: Vec<_> = recordings.map(|input| input.url.as_str()).collect();
        let text = if span.prompt.is_empty() { recordings.join("\n") } else { span.prompt.clone() };
        if !text.is_empty() {
            self.add("input.value", text);
            self.add("input.mime_type", "text/plain");
        }
        if !recordings.is_empty() {
            self.add("llm.input_messages.0.message.role", "user");
            let prompt = Some(span.prompt.clone()).filter(|prompt| !prompt.is_empty());
            let links = recordings.iter().map(|url| format!("[audio]({url})"));
            let content = prompt.into_iter().chain(links).collect::<Vec<_>>().join("\n");
            self.add("llm.input_messages.0.message.content", content);
        }
    }

    fn output(&mut self, span: &MediaSpan) {
        if let Some(text) = &span.transcript {
            self.result(text, &[json!({ "type": "text", "content": text })]);
            return;
        }
        let lasting = span.outputs.iter().filter_map(|output| Some((output, link(output)?)));
        let (mut parts, mut urls, mut links) = (Vec::new(), Vec::new(), Vec::new());
        for (output, url) in lasting {
            let modality = modality(span, output);
            let mut part = json!({ "type": "uri", "modality": modality, "uri": url });
            if let Some(kind) = &output.content_type {
                part["mime_type"] = kind.essence().into();
            }
            parts.push(part);
            urls.push(url);
            links.push(format!("[{modality}]({url})"));
        }
        if parts.is_empty() {
            return;
        }
        self.result(&urls.join("\n"), &parts);
        if parts.iter().any(|part| part["modality"] != "image") {
            self.add("llm.output_messages.0.message.role", "assistant");
            self.add("llm.output_messages.0.message.content", links.join("\n"));
        }
    }

    fn result(&mut self, text: &str, parts: &[Value]) {
        self.add("output.value", text);
        self.add("output.mime_type", "text/plain");
        let message = json!([{ "role": "assistant", "parts": parts, "finish_reason": "stop" }]);
        self.add("gen_ai.output.messages", message.to_string());
    }

    fn end(&mut self, span: &MediaSpan) {
        if !span.is_failure() {
            return;
        }
        let code = span.error.as_ref().map(|error| error.code.as_str());
        self.add("error.type", code.unwrap_or(span.status.as_str()));
        if span.status == JobStatus::Refused {
            self.add("gen_ai.response.finish_reasons", vec!["content_filter".to_owned()]);
        }
    }
}

/// The lasting link to an output's file, while there is one.
fn link(output: &Output) -> Option<&str> {
    output.asset_url.as_deref().filter(|_| !output.is_deleted)
}

fn output_type(span: &MediaSpan) -> &'static str {
    match span.kind {
        SpanKind::Speech if span.is_transcription() => "text",
        kind => kind.as_str(),
    }
}

fn modality<'a>(span: &MediaSpan, output: &'a Output) -> &'a str {
    let kind = output.content_type.as_ref().map(ContentType::as_str).unwrap_or_default();
    match (kind.split('/').next(), span.kind) {
        (Some(known @ ("image" | "video" | "audio")), _) => known,
        (_, SpanKind::Speech) if span.is_transcription() => "text",
        (_, SpanKind::Speech) => "audio",
        (_, kind) => kind.as_str(),
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Credit => "credits",
        Unit::Millisecond => "milliseconds",
        Unit::Character => "characters",
        Unit::InputToken => "input_tokens",
        Unit::OutputToken => "output_tokens",
        Unit::Image => "images",
        Unit::Billable => "billable_units",
    }
}
