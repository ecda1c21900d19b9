//! Google by keys of the Gemini API: images at once, videos as interactions.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::Timestamp;
use serde_json::{Map, Value, json};

use crate::access::{Access, Secret, segment};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::call::{Input, Parameter, Unfit};
use crate::order::Order;
use crate::outcome::{
    Cause, Content, Done, Handle, Look, Loss, Output, Reason, Submission, Unit, Usage,
};
use crate::request::{Body, Header, Method, Request};

pub(crate) const ROW: Row = Row {
    base: "https://generativelanguage.googleapis.com",
    signing: None,
    inputs: Inputs::Bytes,
    callbacks: Callbacks::None,
    pace: (10_000, 10_000),
    busy: 10_000,
    api: &Google,
};

struct Google;

impl Api for Google {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![("x-goog-api-key".into(), key.clone())]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        if order.call.tool.is_video() { video(order) } else { image(order) }
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let text = |name: &str| body.get("error")?.get(name)?.as_str();
        let (code, message) = (text("status"), text("message"));
        let is_key = message.is_some_and(|message| message.starts_with("API key"));
        // Their answer to a bad key is 400.
        Reason::told(if is_key { 401 } else { answer.status }, code, message)
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let body = answer.json()?;
        if order.call.tool.is_video() {
            let handle = self.handle(order.access, "", body.get("id")?.as_str()?);
            return handle.map(Submission::Made);
        }
        let usage =
            counted(body.get("usageMetadata"), ["promptTokenCount", "candidatesTokenCount"]);
        let candidates = body.get("candidates").and_then(Value::as_array);
        let parts = candidates
            .into_iter()
            .flatten()
            .filter_map(|candidate| candidate.pointer("/content/parts")?.as_array());
        let images = parts.flatten().filter_map(|part| {
            let inline = part.get("inlineData")?;
            let data = BASE64_STANDARD.decode(inline.get("data")?.as_str()?).ok()?;
            Some(Output::bytes(data, inline.get("mimeType")?.as_str()?))
        });
        let outputs: Vec<Output> = images.collect();
        let word = |place| body.pointer(place).and_then(Value::as_str);
        let refusal = word("/promptFeedback/blockReason")
            .or_else(|| word("/candidates/0/finishReason").filter(|word| is_refusal(word)));
        if outputs.is_empty()
            && let Some(word) = refusal
        {
            let message = "the provider's moderation turned it down";
            let reason = Reason::new(Cause::Moderation, Some(word), message);
            return Some(Submission::Refused(Loss { reason, usage }));
        }
        candidates?;
        Some(Done { outputs, usage }.at_once())
    }

    fn handle(&self, access: &Access, _: &str, id: &str) -> Option<Handle> {
        let look = access.url(&format!("/v1/interactions/{}", segment(id)));
        let cancel = Some(format!("{look}/cancel"));
        Some(Handle { id: id.to_owned(), look, result: None, cancel })
    }

    fn seen(&self, sight: &Sight<'_>) -> Option<Look> {
        let body = sight.answer.found()?;
        let usage = counted(body.get("usage"), ["total_input_tokens", "total_output_tokens"]);
        Some(match body.get("status")?.as_str()? {
            "queued" => Look::Queued { position: None },
            "in_progress" => Look::running(),
            "completed" => Look::done(Done { outputs: made(&body, sight.access), usage }),
            "cancelled" => Look::Canceled(Loss { reason: Reason::canceled(), usage }),
            status @ ("failed" | "incomplete" | "budget_exceeded") => {
                let text = |name: &str| body.pointer("/errors/0")?.get(name)?.as_str();
                let code = text("code").unwrap_or(status);
                let message = text("message").unwrap_or("the interaction failed");
                let reason = Reason::new(Cause::Provider, Some(code), message)
                    .blame(Cause::Credit, status == "budget_exceeded")
                    .blame(Cause::Moderation, is_refusal(code));
                Look::lost(reason, usage)
            }
            other => Look::unknown(other),
        })
    }

    fn cancels_by(&self) -> Option<Method> {
        Some(Method::Post)
    }
}

fn image(order: &Order<'_>) -> Result<Request, Unfit> {
    let call = order.call;
    let mut parts = vec![json!({ "text": call.prompt })];
    for input in &call.inputs {
        let data = BASE64_STANDARD.encode(input.bytes()?);
        parts.push(json!({ "inlineData": { "mimeType": input.media_type, "data": data } }));
    }
    let mut config = order.fields(&[])?;
    if let Some(ratio) = config.remove("aspect_ratio") {
        config.insert("imageConfig".to_owned(), json!({ "aspectRatio": ratio }));
    }
    let mut body = Map::new();
    body.insert("contents".to_owned(), json!([{ "role": "user", "parts": parts }]));
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), config.into());
    }
    let body = Body::Json(order.with_parameters(body, &[])?.into());
    let path = format!("/v1/models/{}:generateContent", segment(&call.model));
    Ok(Request::post(order.access.url(&path), body))
}

fn video(order: &Order<'_>) -> Result<Request, Unfit> {
    let call = order.call;
    let mut format = order.fields(&[(Parameter::DurationSeconds, "duration")])?;
    format.extend([("type".to_owned(), "video".into()), ("delivery".to_owned(), "uri".into())]);
    let part = |input: &Input| -> Result<Value, Unfit> {
        let data = BASE64_STANDARD.encode(input.bytes()?);
        Ok(json!({ "type": "image", "data": data, "mime_type": input.media_type }))
    };
    let mut input = vec![json!({ "type": "text", "text": call.prompt })];
    for image in &call.inputs {
        input.push(part(image)?);
    }
    let body = Map::from_iter([
        ("model".to_owned(), call.model.clone().into()),
        ("input".to_owned(), input.into()),
        ("background".to_owned(), true.into()),
        ("response_format".to_owned(), format.into()),
    ]);
    let body = order.with_parameters(body, &["stream", "webhook_config"])?;
    Ok(Request::post(order.access.url("/v1/interactions"), Body::Json(body.into())))
}

/// The outputs of an interaction. Files are at the API itself, and need the key.
fn made(body: &Value, access: &Access) -> Vec<Output> {
    let steps = body.get("steps").and_then(Value::as_array).into_iter().flatten();
    let parts = steps.filter_map(|step| step.get("content")?.as_array()).flatten();
    let media = parts
        .filter(|part| part.get("type").is_some_and(|kind| kind == "video" || kind == "image"));
    let outputs = media.filter_map(|part| {
        let media_type = part.get("mime_type").and_then(Value::as_str);
        if let Some(data) = part.get("data") {
            let data = BASE64_STANDARD.decode(data.as_str()?).ok()?;
            return Some(Output::bytes(data, media_type.unwrap_or("video/mp4")));
        }
        let output = Output::named(part.get("uri")?.as_str()?, None)?;
        let needs_key = matches!(&output.content, Content::Url(url) if access.owns(url));
        Some(Output { needs_key, media_type: media_type.map(str::to_owned), ..output })
    });
    outputs.collect()
}

fn counted(body: Option<&Value>, [input, output]: [&str; 2]) -> Vec<Usage> {
    let count = |unit, name: &str| Usage::count(unit, body?.get(name));
    [count(Unit::InputToken, input), count(Unit::OutputToken, output)]
        .into_iter()
        .flatten()
        .collect()
}

/// True if a reason is one of moderation.
fn is_refusal(word: &str) -> bool {
    const WORDS: [&str; 8] = [
        "SAFETY",
        "PROHIBITED_CONTENT",
        "BLOCKLIST",
        "SPII",
        "RECITATION",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    ];
    WORDS.contains(&word)
}
