//! Deepgram: speech and transcripts, at once.
//!
//! Its callbacks are unsigned and carry what cannot be asked for again, so that none is asked for.

use domain::Timestamp;
use serde_json::{Value, json};

use super::transcript;
use crate::access::{Secret, with_query};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row};
use crate::call::{Role, Source, Tool, Unfit};
use crate::catalogue::text_of;
use crate::order::Order;
use crate::outcome::{Done, Output, Reason, Submission, Unit, Usage};
use crate::request::{Body, Header, Request};

pub(crate) const ROW: Row = Row {
    base: "https://api.deepgram.com",
    signing: None,
    inputs: Inputs::Either,
    callbacks: Callbacks::None,
    pace: (0, 0),
    busy: 10_000,
    api: &Deepgram,
};

struct Deepgram;

impl Api for Deepgram {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![("authorization".into(), format!("Token {}", key.expose()).into())]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let call = order.call;
        let mut fields = order.fields(&[])?;
        let mut model = call.model.clone();
        // A voice is a model of its own: aura-2-thalia-en.
        if let Some(voice) = fields.remove("voice") {
            model = format!("{model}-{}", text_of(&voice));
        }
        let mut query = vec![("model".to_owned(), model)];
        if let Some(format) = fields.remove("format") {
            let format = text_of(&format);
            let (encoding, container) = match format.as_str() {
                "wav" => ("linear16", Some("wav")),
                "pcm" => ("linear16", Some("none")),
                "opus" => ("opus", Some("ogg")),
                other => (other, None),
            };
            query.push(("encoding".to_owned(), encoding.to_owned()));
            query.extend(container.map(|name| ("container".to_owned(), name.to_owned())));
        }
        let kept = ["model", "encoding", "container", "callback", "callback_method"];
        for (name, value) in order.with_parameters(fields, &kept)? {
            match value {
                Value::Array(items) => {
                    query.extend(items.iter().map(|item| (name.clone(), text_of(item))));
                }
                value => query.push((name, text_of(&value))),
            }
        }
        let (path, body) = match call.tool {
            Tool::Stt => ("/v1/listen", heard(order)),
            _ => ("/v1/speak", Body::Json(json!({ "text": call.prompt }))),
        };
        Ok(Request::post(with_query(&order.access.url(path), &query), body))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        Reason::told(answer.status, text("err_code"), text("err_msg"))
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        if order.call.tool == Tool::Stt {
            return written(&answer.json()?).map(Done::at_once);
        }
        let outputs = Output::whole(answer, "audio/mpeg");
        let usage = Usage::header(Unit::Character, answer.header("dg-char-count"));
        Some(Done { outputs, usage: usage.into_iter().collect() }.at_once())
    }
}

fn heard(order: &Order<'_>) -> Body {
    match order.call.input(Role::Audio).map(|input| (&input.source, &input.media_type)) {
        Some((Source::Url(url), _)) => Body::Json(json!({ "url": url })),
        Some((Source::Bytes(bytes), media_type)) => {
            Body::Bytes { media_type: media_type.clone(), data: bytes.clone() }
        }
        None => Body::None,
    }
}

/// A transcript, a line a channel.
fn written(body: &Value) -> Option<Done> {
    let channels = body.pointer("/results/channels")?.as_array()?;
    let best = || channels.iter().filter_map(|channel| channel.pointer("/alternatives/0"));
    let texts: Vec<&str> = best().filter_map(|best| best.get("transcript")?.as_str()).collect();
    let words = json!(
        best().filter_map(|best| best.get("words")?.as_array()).flatten().collect::<Vec<_>>()
    );
    // Each channel is charged for.
    let count = u64::try_from(channels.len()).ok()?;
    let usage = Usage::seconds(body.pointer("/metadata/duration"))
        .map(|usage| Usage { quantity: usage.quantity.saturating_mul(count), ..usage });
    Some(Done {
        outputs: if texts.is_empty() {
            Vec::new()
        } else {
            transcript::outputs(&texts.join("\n"), Some(&words), "word")
        },
        usage: usage.into_iter().collect(),
    })
}
