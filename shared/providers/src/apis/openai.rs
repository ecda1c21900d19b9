//! `OpenAI`: images, edits, speech and transcripts, at once.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::Timestamp;
use serde_json::{Value, json};

use super::transcript;
use crate::access::Secret;
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row};
use crate::call::{Parameter, Role, Tool, Unfit};
use crate::order::Order;
use crate::outcome::{Cause, Done, Output, Reason, Submission, Unit, Usage};
use crate::request::{Body, Header, Part, Request, bearer};
use crate::webhook::{BadWebhook, Notice};

pub(crate) const ROW: Row = Row {
    base: "https://api.openai.com",
    signing: None,
    inputs: Inputs::Bytes,
    callbacks: Callbacks::None,
    pace: (0, 0),
    busy: 10_000,
    api: &OpenAi,
};

const IMAGE: [(Parameter, &str); 2] =
    [(Parameter::Count, "n"), (Parameter::Format, "output_format")];

pub(super) struct OpenAi;

impl Api for OpenAi {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![bearer(key)]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let call = order.call;
        let (path, body) = match call.tool {
            Tool::Stt => ("/v1/audio/transcriptions", recording(order)?),
            Tool::ImageEdit => ("/v1/images/edits", edit(order)?),
            Tool::Tts => {
                let mut body = order.fields(&[(Parameter::Format, "response_format")])?;
                body.insert("model".to_owned(), call.model.clone().into());
                body.insert("input".to_owned(), call.prompt.clone().into());
                let body = order.with_parameters(body, &["stream_format"])?;
                ("/v1/audio/speech", Body::Json(body.into()))
            }
            _ => {
                let mut body = order.fields(&IMAGE)?;
                body.insert("model".to_owned(), call.model.clone().into());
                body.insert("prompt".to_owned(), call.prompt.clone().into());
                let body = order.with_parameters(body, &["stream"])?;
                ("/v1/images/generations", Body::Json(body.into()))
            }
        };
        Ok(Request::post(order.access.url(path), body))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let text = |name: &str| body.get("error")?.get(name)?.as_str();
        let code = text("code").or_else(|| text("type"));
        let refused = ["moderation_blocked", "content_policy_violation"];
        Reason::told(answer.status, code, text("message"))
            .blame(Cause::Credit, code == Some("insufficient_quota"))
            .blame(Cause::Moderation, code.is_some_and(|code| refused.contains(&code)))
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let done = match order.call.tool {
            Tool::Tts => Done { outputs: Output::whole(answer, "audio/mpeg"), usage: Vec::new() },
            Tool::Stt => written(answer)?,
            _ => drawn(&answer.json()?)?,
        };
        Some(done.at_once())
    }

    fn webhook(&self, notice: &Notice<'_>) -> Result<Option<String>, BadWebhook> {
        notice.standard()?;
        let body = notice.json()?;
        Ok(body.pointer("/data/id").and_then(Value::as_str).map(str::to_owned))
    }
}

fn edit(order: &Order<'_>) -> Result<Body, Unfit> {
    let call = order.call;
    let first = [("prompt", call.prompt.as_str()), ("model", call.model.as_str())];
    let mut parts = order.parts(&IMAGE, &first, &["stream", "image", "image[]", "mask"])?;
    let name = if call.inputs(Role::Image).count() > 1 { "image[]" } else { "image" };
    for image in call.inputs(Role::Image) {
        parts.push(Part::file(name, &image.media_type, image.bytes()?.to_vec()));
    }
    if let Some(mask) = call.input(Role::Mask) {
        parts.push(Part::file("mask", &mask.media_type, mask.bytes()?.to_vec()));
    }
    Ok(Body::Form(parts))
}

fn recording(order: &Order<'_>) -> Result<Body, Unfit> {
    let call = order.call;
    let mut first = vec![("model", call.model.as_str())];
    if !call.prompt.is_empty() {
        first.push(("prompt", &call.prompt));
    }
    let mut parts = order.parts(&[], &first, &["file", "stream"])?;
    if let Some(sound) = call.input(Role::Audio) {
        parts.push(Part::file("file", &sound.media_type, sound.bytes()?.to_vec()));
    }
    Ok(Body::Form(parts))
}

fn drawn(body: &Value) -> Option<Done> {
    let format = body.get("output_format").and_then(Value::as_str).unwrap_or("png");
    let media_type =
        if format == "svg" { "image/svg+xml".to_owned() } else { format!("image/{format}") };
    let outputs = body.get("data")?.as_array()?.iter().map(|image| {
        if let Some(url) = image.get("url") {
            return Output::named(url.as_str()?, None);
        }
        let data = BASE64_STANDARD.decode(image.get("b64_json")?.as_str()?).ok()?;
        Some(Output::bytes(data, &media_type))
    });
    let outputs: Vec<Output> = outputs.collect::<Option<_>>()?;
    let count = |unit, name: &str| Usage::count(unit, body.get("usage")?.get(name));
    let images = Usage::count(Unit::Image, Some(&json!(outputs.len())));
    let usage = [
        images,
        count(Unit::InputToken, "input_tokens"),
        count(Unit::OutputToken, "output_tokens"),
    ];
    Some(Done { outputs, usage: usage.into_iter().flatten().collect() })
}

/// A transcript as JSON, or as the text that another `response_format` makes of it.
fn written(answer: &Answer<'_>) -> Option<Done> {
    let Some(body) = answer.json().filter(Value::is_object) else {
        let text = std::str::from_utf8(answer.body).ok()?;
        return Some(Done { outputs: transcript::outputs(text, None, ""), usage: Vec::new() });
    };
    let outputs = transcript::outputs(body.get("text")?.as_str()?, body.get("words"), "word");
    let field = |name: &str| body.get("usage")?.get(name);
    let usage = [
        Usage::seconds(field("seconds").or_else(|| body.get("duration"))),
        Usage::count(Unit::InputToken, field("input_tokens")),
        Usage::count(Unit::OutputToken, field("output_tokens")),
    ];
    Some(Done { outputs, usage: usage.into_iter().flatten().collect() })
}
