//! `ElevenLabs`: speech at once, transcripts at once or, with a webhook, later.

use domain::Timestamp;
use serde_json::{Map, Value, json};

use super::transcript;
use crate::access::{Access, Secret, segment, with_query};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::call::{Parameter, Role, Source, Tool, Unfit};
use crate::order::Order;
use crate::outcome::{Cause, Done, Handle, Look, Output, Reason, Submission, Unit, Usage};
use crate::request::{Body, Header, Part, Request};
use crate::webhook::{BadWebhook, Notice};

pub(crate) const ROW: Row = Row {
    base: "https://api.elevenlabs.io",
    signing: None,
    inputs: Inputs::Either,
    callbacks: Callbacks::OfAccount,
    pace: (10_000, 15_000),
    busy: 10_000,
    api: &ElevenLabs,
};

struct ElevenLabs;

impl Api for ElevenLabs {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![("xi-api-key".into(), key.clone())]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let call = order.call;
        if call.tool == Tool::Stt {
            return transcribe(order);
        }
        let mut fields = order.fields(&[(Parameter::Format, "output_format")])?;
        let voice = fields.remove("voice");
        let voice = segment(voice.as_ref().and_then(Value::as_str).unwrap_or_default());
        let format = fields.remove("output_format");
        let query: Vec<_> = format
            .as_ref()
            .and_then(Value::as_str)
            .map(|format| ("output_format".to_owned(), format.to_owned()))
            .into_iter()
            .collect();
        fields.extend(Map::from_iter([
            ("text".to_owned(), call.prompt.clone().into()),
            ("model_id".to_owned(), call.model.clone().into()),
        ]));
        let body = Body::Json(order.with_parameters(fields, &[])?.into());
        let url = order.access.url(&format!("/v1/text-to-speech/{voice}"));
        Ok(Request::post(with_query(&url, &query), body))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let detail = body.get("detail").unwrap_or(&Value::Null);
        let first = detail.get(0).unwrap_or(detail);
        let code = ["status", "type"].iter().find_map(|name| first.get(name)?.as_str());
        let message = ["message", "msg"].iter().find_map(|name| first.get(name)?.as_str());
        // Their answer to an empty account is that to a bad key.
        let status = if code == Some("quota_exceeded") { 402 } else { answer.status };
        let reason = Reason::told(status, code, message.or(detail.as_str()));
        let is_policy =
            code.is_some_and(|code| code.contains("policy") || code.contains("moderation"));
        reason.blame(Cause::Moderation, is_policy)
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        if order.call.tool == Tool::Stt {
            let body = answer.json()?;
            if body.get("text").is_none()
                && body.get("transcripts").is_none()
                && let Some(id) = body.get("transcription_id")
            {
                let handle = self.handle(order.access, &order.call.model, id.as_str()?);
                return handle.map(Submission::Made);
            }
            return written(&body).map(Done::at_once);
        }
        let outputs = Output::whole(answer, "audio/mpeg");
        let usage = Usage::header(Unit::Character, answer.header("character-cost"));
        Some(Done { outputs, usage: usage.into_iter().collect() }.at_once())
    }

    fn handle(&self, access: &Access, _: &str, id: &str) -> Option<Handle> {
        let look = access.url(&format!("/v1/speech-to-text/transcripts/{}", segment(id)));
        Some(Handle { id: id.to_owned(), look, result: None, cancel: None })
    }

    fn seen(&self, sight: &Sight<'_>) -> Option<Look> {
        // A transcript is not there before it is done.
        if sight.answer.status == 404 {
            return Some(Look::running());
        }
        written(&sight.answer.found()?).map(Look::done)
    }

    fn webhook(&self, notice: &Notice<'_>) -> Result<Option<String>, BadWebhook> {
        notice.elevenlabs()?;
        let body = notice.json()?;
        let id = body.pointer("/data/transcription/transcription_id");
        let id = id.or_else(|| body.pointer("/data/request_id"));
        Ok(id.and_then(Value::as_str).map(str::to_owned))
    }
}

fn transcribe(order: &Order<'_>) -> Result<Request, Unfit> {
    let first = [("model_id", order.call.model.as_str())];
    let mut parts =
        order.parts(&[], &first, &["file", "source_url", "webhook", "cloud_storage_url"])?;
    match order.call.input(Role::Audio).map(|input| (&input.source, &input.media_type)) {
        Some((Source::Url(url), _)) => parts.push(Part::text("source_url", url)),
        Some((Source::Bytes(bytes), kind)) => parts.push(Part::file("file", kind, bytes.clone())),
        None => {}
    }
    if order.webhook.is_some() {
        parts.push(Part::text("webhook", "true"));
    }
    Ok(Request::post(order.access.url("/v1/speech-to-text"), Body::Form(parts)))
}

/// A transcript of one channel, or of several.
fn written(body: &Value) -> Option<Done> {
    let channels = body.get("transcripts").and_then(Value::as_array);
    let channels: Vec<&Value> = channels.map_or_else(|| vec![body], |all| all.iter().collect());
    let texts: Vec<&str> =
        channels.iter().map(|channel| channel.get("text")?.as_str()).collect::<Option<_>>()?;
    let words = channels.iter().filter_map(|channel| channel.get("words")?.as_array()).flatten();
    let words = json!(words.collect::<Vec<_>>());
    let duration = channels.iter().find_map(|channel| channel.get("audio_duration_secs"));
    Some(Done {
        outputs: transcript::outputs(&texts.join("\n"), Some(&words), "text"),
        usage: Usage::seconds(duration.or_else(|| body.get("audio_duration_secs")))
            .into_iter()
            .collect(),
    })
}
