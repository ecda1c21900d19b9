//! Replicate: every model has an input and an output of its own. What it makes lives for an hour.

use domain::Timestamp;
use domain::time::{HOUR, MINUTE};
use serde_json::{Map, Value, json};

use crate::access::{Access, Secret, path, segment};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::call::{Parameter, Role, Unfit};
use crate::order::Order;
use crate::outcome::{Cause, Done, Handle, Look, Loss, Output, Reason, Submission, Usage};
use crate::request::{Body, Header, Method, Request, bearer};
use crate::webhook::{BadWebhook, Notice};

pub(crate) const ROW: Row = Row {
    base: "https://api.replicate.com",
    signing: None,
    inputs: Inputs::Either,
    callbacks: Callbacks::Signed,
    pace: (2_000, 3_000),
    busy: 10_000,
    api: &Replicate,
};

struct Replicate;

impl Api for Replicate {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![bearer(key)]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let mut input = order.fields(&[
            (Parameter::Count, "num_outputs"),
            (Parameter::DurationSeconds, "duration"),
            (Parameter::Format, "output_format"),
        ])?;
        input.extend(order.inputs(&[(Role::LastFrame, "last_image")]));
        let prompt = order.model.prompt.field.as_deref().unwrap_or("prompt");
        input.insert(prompt.to_owned(), order.call.prompt.clone().into());
        let mut body = Map::new();
        body.insert("input".to_owned(), order.with_parameters(input, &[])?.into());
        if let Some(url) = order.webhook {
            body.insert("webhook".to_owned(), url.into());
            body.insert("webhook_events_filter".to_owned(), json!(["completed"]));
        }
        let model = &order.call.model;
        let url = if let Some((_, version)) = model.split_once(':') {
            body.insert("version".to_owned(), version.into());
            "/v1/predictions".to_owned()
        } else if model.starts_with("deployments/") {
            format!("/v1/{}/predictions", path(model))
        } else {
            format!("/v1/models/{}/predictions", path(model))
        };
        Ok(Request::post(order.access.url(&url), Body::Json(body.into())))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        Reason::told(answer.status, text("title"), text("detail"))
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let body = answer.json()?;
        let rule = self.handle(order.access, "", body.get("id")?.as_str()?)?;
        let url = |name: &str| body.get("urls")?.get(name)?.as_str();
        Some(Submission::Made(Handle {
            look: order.access.own(url("get"), rule.look),
            cancel: rule.cancel.map(|rule| order.access.own(url("cancel"), rule)),
            ..rule
        }))
    }

    fn handle(&self, access: &Access, _: &str, id: &str) -> Option<Handle> {
        let look = access.url(&format!("/v1/predictions/{}", segment(id)));
        let cancel = Some(format!("{look}/cancel"));
        Some(Handle { id: id.to_owned(), look, result: None, cancel })
    }

    fn seen(&self, sight: &Sight<'_>) -> Option<Look> {
        let body = sight.answer.found()?;
        let usage = Usage::seconds(body.pointer("/metrics/predict_time")).into_iter().collect();
        Some(match body.get("status")?.as_str()? {
            "starting" => Look::Queued { position: None },
            "processing" => Look::running(),
            "succeeded" => {
                let ended = body.get("completed_at").and_then(|at| at.as_str()?.parse().ok());
                let gone_at = ended.unwrap_or(sight.now).plus(HOUR);
                let mut outputs = Vec::new();
                collect(body.get("output").unwrap_or(&Value::Null), gone_at, &mut outputs);
                if outputs.is_empty() && body.get("data_removed") == Some(&Value::Bool(true)) {
                    return Some(Look::Gone);
                }
                Look::done(Done { outputs, usage })
            }
            "failed" => Look::lost(failure(&body), usage),
            "canceled" => Look::Canceled(Loss { reason: Reason::canceled(), usage }),
            "aborted" => {
                let message = "it did not begin before its deadline";
                Look::lost(Reason::new(Cause::Provider, Some("aborted"), message), usage)
            }
            other => Look::unknown(other),
        })
    }

    fn cancels_by(&self) -> Option<Method> {
        Some(Method::Post)
    }

    fn list(&self, access: &Access) -> Option<(Request, &'static str)> {
        Some((Request::get(access.url("/v1/predictions")), "results"))
    }

    /// An entry has what was sent as its input, and came no earlier. Inputs that were sent as bytes are
    /// kept elsewhere, and left out; a link to one may be signed anew.
    fn is_of(&self, entry: &Value, sent: &Request, at: Timestamp) -> bool {
        let Body::Json(body) = &sent.body else { return false };
        let Some(input) = body.get("input").and_then(Value::as_object) else { return false };
        let same = input.iter().all(|(name, value)| {
            let inline = value.to_string().contains("data:");
            let given = entry.get("input").and_then(|given| given.get(name));
            inline || given.is_some_and(|given| unsigned(given) == unsigned(value))
        });
        let created = entry.get("created_at").and_then(|at| at.as_str()?.parse::<Timestamp>().ok());
        // Their clock is not ours.
        let is_new = created.is_some_and(|created| created >= at.plus(-MINUTE));
        let model = sent
            .url
            .split_once("/v1/models/")
            .and_then(|(_, rest)| rest.strip_suffix("/predictions"));
        let is_model =
            model.is_none_or(|model| entry.get("model").and_then(Value::as_str) == Some(model));
        same && is_new && is_model
    }

    fn signing_key(&self, access: &Access) -> Option<Request> {
        Some(Request::get(access.signing_url("/v1/webhooks/default/secret")))
    }

    fn webhook(&self, notice: &Notice<'_>) -> Result<Option<String>, BadWebhook> {
        notice.standard()?;
        Ok(notice.json()?.get("id").and_then(Value::as_str).map(str::to_owned))
    }
}

/// A value, of a link without what signs it.
fn unsigned(value: &Value) -> Value {
    let link = value.as_str().filter(|text| text.starts_with("https://"));
    let bare = link.and_then(|link| link.split('?').next());
    bare.map_or_else(|| value.clone(), Value::from)
}

/// Every text of an output that is a URL.
fn collect(value: &Value, gone_at: Timestamp, outputs: &mut Vec<Output>) {
    match value {
        Value::String(text) => outputs.extend(Output::named(text, Some(gone_at))),
        Value::Array(items) => items.iter().for_each(|item| collect(item, gone_at, outputs)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, gone_at, outputs)),
        _ => {}
    }
}

/// Moderation has no code, only words.
fn failure(body: &Value) -> Reason {
    let message = body.get("error").and_then(Value::as_str).unwrap_or("the prediction failed");
    let lower = message.to_lowercase();
    let is_refused = ["nsfw", "flagged as sensitive", "content policy", "moderation"];
    let reason = Reason::new(Cause::Provider, None, message);
    reason.blame(Cause::Moderation, is_refused.iter().any(|word| lower.contains(word)))
}
