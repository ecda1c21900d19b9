//! Luma's Agents API. It lists nothing, cancels nothing, and what it makes lives for an hour.

use domain::Timestamp;
use domain::time::HOUR;
use serde_json::{Map, Value, json};

use crate::access::{Access, Secret, segment};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::call::{Input, Parameter, Role, Source, Tool, Unfit};
use crate::order::Order;
use crate::outcome::{Cause, Done, Handle, Look, Output, Reason, Submission};
use crate::request::{Body, Header, Request, bearer};

pub(crate) const ROW: Row = Row {
    base: "https://agents.lumalabs.ai",
    signing: None,
    inputs: Inputs::Either,
    callbacks: Callbacks::None,
    pace: (5_000, 5_000),
    busy: 10_000,
    api: &Luma,
};

struct Luma;

impl Api for Luma {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![bearer(key)]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let call = order.call;
        let mut body = order.fields(&[(Parameter::Format, "output_format")])?;
        body.insert("model".to_owned(), call.model.clone().into());
        body.insert("prompt".to_owned(), call.prompt.clone().into());
        let kind = match call.tool {
            Tool::ImageGen => "image",
            Tool::ImageEdit => "image_edit",
            _ => "video",
        };
        body.insert("type".to_owned(), kind.into());
        let mut images = call.inputs(Role::Image).map(reference);
        if call.tool.is_video() {
            let mut video = Map::new();
            video.extend(
                body.remove("duration_seconds").map(|seconds| ("duration".to_owned(), seconds)),
            );
            video.extend(images.next().map(|frame| ("start_frame".to_owned(), frame)));
            let last = call.input(Role::LastFrame).map(reference);
            video.extend(last.map(|frame| ("end_frame".to_owned(), frame)));
            body.insert("video".to_owned(), video.into());
        } else {
            body.extend(images.next().map(|image| ("source".to_owned(), image)));
            let others: Vec<Value> = images.collect();
            body.extend((!others.is_empty()).then(|| ("image_ref".to_owned(), others.into())));
        }
        let body = Body::Json(order.with_parameters(body, &[])?.into());
        Ok(Request::post(order.access.url("/v1/generations"), body))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let detail = body.get("detail").unwrap_or(&Value::Null);
        let message = detail.as_str().or_else(|| detail.pointer("/0/msg")?.as_str());
        Reason::told(answer.status, body.get("failure_code").and_then(Value::as_str), message)
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let body = answer.json()?;
        let handle = self.handle(order.access, "", body.get("id")?.as_str()?);
        handle.map(Submission::Made)
    }

    fn handle(&self, access: &Access, _: &str, id: &str) -> Option<Handle> {
        let look = access.url(&format!("/v1/generations/{}", segment(id)));
        Some(Handle { id: id.to_owned(), look, result: None, cancel: None })
    }

    fn seen(&self, sight: &Sight<'_>) -> Option<Look> {
        let body = sight.answer.found()?;
        Some(match body.get("state")?.as_str()? {
            "queued" => Look::Queued { position: None },
            "processing" => Look::running(),
            "completed" => {
                let entries = body.get("output").and_then(Value::as_array).into_iter().flatten();
                let gone_at = Some(sight.now.plus(HOUR));
                let outputs =
                    entries.filter_map(|entry| Output::named(entry.get("url")?.as_str()?, gone_at));
                Look::done(Done { outputs: outputs.collect(), usage: Vec::new() })
            }
            "failed" => {
                let text = |name: &str| body.get(name).and_then(Value::as_str);
                let code = text("failure_code");
                let message = text("failure_reason").unwrap_or("the generation failed");
                let reason = Reason::new(Cause::Provider, code, message)
                    .blame(Cause::Credit, code == Some("budget_exhausted"))
                    .blame(Cause::Moderation, code == Some("content_moderated"));
                Look::lost(reason, Vec::new())
            }
            other => Look::unknown(other),
        })
    }
}

/// An image as the API refers to one.
fn reference(input: &Input) -> Value {
    match &input.source {
        Source::Url(url) => json!({ "url": url }),
        Source::Bytes(bytes) => {
            use base64::Engine;
            let data = base64::prelude::BASE64_STANDARD.encode(bytes);
            json!({ "data": data, "media_type": input.media_type })
        }
    }
}
